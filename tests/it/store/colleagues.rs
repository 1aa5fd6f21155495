//! Promises about tickets that are given to a colleague, and about tickets that are not everybody's.

use nightdesk::{
    model::{
        agent::Role,
        agent_command::AgentCommand,
        ids::{AccountName, AgentName},
        language::Language,
    },
    service::{
        agents::{ActError, Wish},
        colleague::WhyNot,
    },
    store::{
        audit::Actor,
        people::{AgentChange, NewAgent},
    },
};

use super::{
    Case,
    acts::Desk,
    bench::{self, Bench, at},
};

pub(super) const CASES: &[Case] = &[
    ("a_ticket_is_given_only_to_who_can_work_on_it", |b| Box::pin(given(b))),
    ("where_nobody_was_added_names_are_free", |b| Box::pin(free(b))),
    ("a_ticket_does_not_go_on_in_one_that_the_person_may_not_see", |b| Box::pin(unseen_target(b))),
];

const BY: Actor<'_> = Actor { name: "terminal", address: "" };

async fn add(b: &Bench, login: &str, accounts: Option<&[AccountName]>) {
    let name = AgentName::from(login);
    let new =
        NewAgent { name: &name, display: login, role: Role::Agent, accounts, language: Language::EN, password: None };
    assert!(b.store.add_agent(&new, &BY, at(0)).await.expect("added"), "{login} is new");
}

async fn given(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let (here, there) = ([bench::account()], [AccountName::from("elsewhere")]);
    add(&desk.b, "lin", None).await;
    add(&desk.b, "kim", Some(&here)).await;
    add(&desk.b, "tom", Some(&there)).await;
    add(&desk.b, "zoe", None).await;
    desk.b.store.change_agent(&"zoe".into(), &AgentChange::Disable, &BY, at(0)).await.expect("shut out");
    let before = desk.file(id).await.ticket;
    for (person, why) in [
        ("nobody", WhyNot::Unknown),
        ("zoe", WhyNot::ShutOut),
        ("tom", WhyNot::OtherAccounts),
        ("Lin", WhyNot::Unknown),
    ] {
        let refused = desk.act("lin", id, AgentCommand::Assign(person.into()), at(1)).await.expect_err(person);
        let ActError::Colleague(cannot) = &refused else { panic!("{refused}") };
        assert_eq!((cannot.why, &cannot.could[..]), (why, &["kim".into(), "lin".into()][..]), "{person}");
        assert!(refused.to_string().ends_with("who could take it: kim, lin") && !refused.may_be_confirmed());
    }
    assert_eq!(desk.file(id).await.ticket, before, "nothing was changed");
    let taken = desk.act("lin", id, AgentCommand::Assign("kim".into()), at(2)).await.expect("kim works for it").ticket;
    assert_eq!(taken.assignee, Some("kim".into()));
    // Who acts in a terminal under a name of nobody may take it all the same.
    let wish = Wish { despite: true, ..Wish::new("desk".into(), id, AgentCommand::Assign("desk".into())) };
    assert_eq!(desk.wish(wish, at(3)).await.expect("taken").ticket.assignee, Some("desk".into()));
}

async fn free(b: Bench) {
    let desk = Desk::new(b);
    let id = desk.opened("ana@buyer.example", &[]).await;
    let done = desk.act("desk", id, AgentCommand::Assign("whoever".into()), at(1)).await.expect("there is no list");
    assert_eq!(done.ticket.assignee, Some("whoever".into()));
}

async fn unseen_target(b: Bench) {
    let desk = Desk::new(b);
    let ana = "ana@buyer.example";
    let (from, into) = (desk.opened(ana, &[]).await, desk.opened(ana, &[]).await);
    add(&desk.b, "lin", Some(&[bench::account()])).await;
    desk.b
        .run(&format!(
            "UPDATE thread SET account = 'elsewhere' WHERE id = (SELECT thread FROM ticket WHERE id = {into})"
        ))
        .await;
    desk.b.run(&format!("UPDATE ticket SET account = 'elsewhere' WHERE id = {into}")).await;
    let refused = desk.act("lin", from, AgentCommand::Merge(into), at(1)).await.expect_err("it is not lin's");
    assert!(matches!(refused, ActError::NoTicket(missing) if missing == into), "{refused}");
    desk.act("kim", from, AgentCommand::Merge(into), at(2)).await.expect("whoever holds the store sees everything");
}
