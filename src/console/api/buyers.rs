//! Buyers: everybody who ever wrote, and everything about one of them.

use axum::{Json, extract::State};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    console::{
        Shop,
        api::{
            Told,
            input::{self, Asked, Sent, page_size, place},
            problem::{ApiProblem, Code},
        },
        paging,
        path::Path,
        problem::Problem,
        visit::{Visit, Visitor},
    },
    desk::schedule,
    model::{ids::BuyerId, inbound::ChannelKind, order::Order, ticket::TicketState},
    store::{
        buyers::{ListedBuyer, TicketOfBuyer},
        card::{self, BuyerAct},
        conversation::ConversationOfBuyer,
        person::{self, Person},
    },
};

/// Buyers of one page, if nobody asks for another number.
const LISTED: u32 = 50;

/// The most buyers of one page.
const MOST: u32 = 200;

/// From which buyer on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// How an address or a word of a name begins; `@shop.example` finds the addresses there.
    q: String,
    /// Where the page begins: `next` of the page before. The newest without it.
    from: Option<String>,
    /// Buyers of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A part of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BuyerList {
    /// The newest first.
    buyers: Vec<BuyerLine>,
    /// Where the next page begins; none on the last one.
    next: Option<String>,
}

/// One buyer of the list.
#[derive(Debug, Serialize, ToSchema)]
struct BuyerLine {
    /// The buyer's number.
    id: i64,
    /// The address or chat.
    key: String,
    /// The name as last seen.
    name: Option<String>,
    /// The language to write in.
    language: Option<String>,
    /// The country, by its code of two letters.
    country: Option<String>,
    /// The grade that the shop gave.
    grade: Option<String>,
    /// The machine does not write to this address: a hard bounce, a complaint or a wish.
    suppressed: bool,
    /// When anything of it last changed.
    changed_at: Timestamp,
}

/// What is known of a buyer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BuyerCard {
    /// The buyer's number; none of a chat or mail that names nobody.
    id: Option<i64>,
    /// The address or chat.
    key: String,
    /// The name as last seen.
    name: Option<String>,
    /// The language to write in.
    language: Option<String>,
    /// The country, by its code of two letters.
    country: Option<String>,
    /// The zone of the buyer's clock, the desk's where nothing is known.
    zone: String,
    /// The grade that the shop gave.
    grade: Option<String>,
    /// The machine does not write to this address: a hard bounce, a complaint or a wish.
    suppressed: bool,
    /// When the buyer first wrote, to an account that the token reaches.
    first_seen: Option<Timestamp>,
    /// How many messages came from this address, over all channels and accounts that the token reaches.
    messages: u32,
    /// What people noted, the newest first.
    notes: Vec<BuyerNote>,
    /// Orders under this address, the newest first.
    orders: Vec<Order>,
    /// The tickets of this address that the token reaches, the newest first.
    tickets: Vec<BuyerTicket>,
    /// The conversations of this address that the token reaches, with and without ticket, the newest first.
    conversations: Vec<BuyerConversation>,
    /// Other addresses that the token reaches and that people called the same person's. Nothing of them is told above.
    also: Vec<OtherAddress>,
}

/// Another address of the person, because people said so. What is known under it belongs to it: an answer to the first
/// address should not tell it.
#[derive(Debug, Serialize, ToSchema)]
struct OtherAddress {
    /// The number of the buyer who has it.
    id: i64,
    /// The address or chat.
    key: String,
    /// The name as last seen.
    name: Option<String>,
    /// The language to write in.
    language: Option<String>,
    /// The country, by its code of two letters.
    country: Option<String>,
    /// The grade that the shop gave.
    grade: Option<String>,
    /// The machine does not write to this address: a hard bounce, a complaint or a wish.
    suppressed: bool,
    /// When anything of it last changed.
    changed_at: Timestamp,
    /// How many messages came from it.
    messages: u32,
    /// The newest twenty notes.
    notes: Vec<BuyerNote>,
    /// Its newest twenty orders.
    orders: Vec<Order>,
    /// Its newest twenty tickets that the token reaches.
    tickets: Vec<BuyerTicket>,
    /// Its newest twenty conversations that the token reaches.
    conversations: Vec<BuyerConversation>,
}

/// What somebody noted of a buyer.
#[derive(Debug, Serialize, ToSchema)]
struct BuyerNote {
    /// When.
    at: Timestamp,
    /// Who.
    by: String,
    /// What.
    text: String,
}

/// A ticket of the buyer.
#[derive(Debug, Serialize, ToSchema)]
struct BuyerTicket {
    /// Its number.
    id: i64,
    /// Where it stands.
    state: TicketState,
    /// What it is about.
    subject: String,
    /// The mailbox or bot.
    account: String,
    /// The kind of channel.
    channel: ChannelKind,
    /// When it was opened.
    opened_at: Timestamp,
}

/// A conversation of the buyer.
#[derive(Debug, Serialize, ToSchema)]
struct BuyerConversation {
    /// Its number.
    id: i64,
    /// What it began with.
    subject: String,
    /// The mailbox or bot.
    account: String,
    /// The kind of channel.
    channel: ChannelKind,
    /// When the buyer wrote last.
    last_at: Option<Timestamp>,
    /// How many messages came in it.
    messages: u32,
    /// Its newest ticket, or the one that it goes on in.
    ticket: Option<i64>,
}

/// Everybody who wrote to an account that the token reaches.
#[utoipa::path(
    get, path = "/api/v1/buyers", operation_id = "list_buyers", tag = "buyers", params(Wanted),
    responses((status = 200, description = "A page of the list", body = BuyerList))
)]
pub(super) async fn list(State(shop): State<Shop>, visit: Visit, Asked(wanted): Asked<Wanted>) -> Told<BuyerList> {
    let limit = page_size(wanted.limit, LISTED, MOST)?;
    let from = place(wanted.from.as_deref())?.map(BuyerId);
    let found = shop.store.buyers(visit.visitor()?.accounts.as_deref(), &wanted.q, from, limit).await?;
    let next = paging::next(&found, limit, |buyer| buyer.id.0);
    Ok(Json(BuyerList { buyers: found.into_iter().map(line).collect(), next }))
}

fn line(buyer: ListedBuyer) -> BuyerLine {
    BuyerLine {
        id: buyer.id.0,
        key: buyer.key,
        name: buyer.name,
        language: buyer.language.map(|code| code.to_string()),
        country: buyer.country,
        grade: buyer.grade,
        suppressed: buyer.suppressed,
        changed_at: buyer.changed_at,
    }
}

/// One buyer.
#[utoipa::path(
    get, path = "/api/v1/buyers/{buyer}", operation_id = "get_buyer", tag = "buyers",
    params(("buyer" = i64, Path, description = "The number of the buyer")),
    responses((status = 200, description = "The buyer", body = BuyerCard))
)]
pub(super) async fn one(State(shop): State<Shop>, visit: Visit, Path(buyer): Path<i64>) -> Told<BuyerCard> {
    told(&shop, visit.visitor()?, BuyerId(buyer)).await
}

/// What is to be said of a buyer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum BuyerActRequest {
    /// Write something on the card, for colleagues only.
    Note {
        /// The words.
        text: String,
    },
    /// Give a grade, or take it away; `vip`, `a` and `b` lift tickets in the queue.
    Grade {
        /// The grade; null takes it away.
        grade: Option<String>,
    },
    /// The language to write in, whatever messages seem to be written in.
    Language {
        /// Its code; null leaves it to the messages again.
        language: Option<String>,
    },
    /// Where the buyer lives.
    Country {
        /// The code of two letters; null leaves it to the messages again.
        country: Option<String>,
    },
    /// Say that another buyer is the same person, so that people read both together. The machine keeps them apart.
    SamePerson {
        /// The number of the other buyer.
        buyer: i64,
    },
    /// Say that this address is a person of its own. A token that reaches none of the other addresses is refused.
    Apart,
}

/// Says something of a buyer.
///
/// A grade, a language and a country are set; a note is added each time it is sent.
#[utoipa::path(
    post, path = "/api/v1/buyers/{buyer}/acts", operation_id = "act_on_buyer", tag = "buyers",
    params(("buyer" = i64, Path, description = "The number of the buyer")),
    request_body = BuyerActRequest,
    responses((status = 200, description = "The buyer afterwards", body = BuyerCard))
)]
pub(super) async fn act(
    State(shop): State<Shop>,
    visit: Visit,
    Path(buyer): Path<i64>,
    Sent(request): Sent<BuyerActRequest>,
) -> Told<BuyerCard> {
    let (visitor, id) = (visit.visitor()?, BuyerId(buyer));
    let accounts = visitor.accounts.as_deref();
    let found = shop.store.buyer(id, accounts).await?.ok_or(Problem::NotFound)?;
    let act = match request {
        BuyerActRequest::SamePerson { buyer } => {
            let other = shop.store.buyer(BuyerId(buyer), accounts).await?.ok_or(Problem::NotFound)?;
            let joining = shop.store.join_buyers(id, other.id, &visitor.name, Timestamp::now()).await?;
            return if joining.is_done() {
                told(&shop, visitor, id).await
            } else {
                Err(ApiProblem::invalid(joining.told()))
            };
        }
        BuyerActRequest::Apart => {
            // Whom a token cannot see, it does not part. It is told the same where there is nobody.
            if accounts.is_some() && shop.store.other_addresses(&found.key, accounts).await?.is_empty() {
                let detail = "No other address of this buyer is within the reach of the token, so nothing was parted.";
                return Err(ApiProblem::new(Code::Refused, detail));
            }
            shop.store.part_buyer(id, &visitor.name, Timestamp::now()).await?;
            return told(&shop, visitor, id).await;
        }
        BuyerActRequest::Note { text } => BuyerAct::Note(text.trim().replace("\r\n", "\n")),
        BuyerActRequest::Grade { grade } => BuyerAct::Grade(grade),
        BuyerActRequest::Language { language } => {
            BuyerAct::Language(language.as_deref().map(input::language).transpose()?)
        }
        BuyerActRequest::Country { country } => BuyerAct::Country(country),
    };
    let act = act.checked().map_err(|bad| ApiProblem::invalid(format!("{bad}.")))?;
    shop.store.change_buyer(&found.key, &visitor.name, &act, Timestamp::now()).await?;
    told(&shop, visitor, id).await
}

async fn told(shop: &Shop, visitor: &Visitor, id: BuyerId) -> Told<BuyerCard> {
    let accounts = visitor.accounts.as_deref();
    let found = shop.store.buyer(id, accounts).await?.ok_or(Problem::NotFound)?;
    let known = shop.store.buyer_card(&found.key).await?;
    let person = shop.store.person(&found.key, accounts).await?;
    let engine = shop.live.engine();
    let zone = schedule::buyers_zone(known.country.as_deref(), known.language, &engine.settings().desk.zone);
    Ok(Json(card(Some(found.id), &known, &zone.zone, person)))
}

/// Tells of a buyer.
pub(super) fn card(id: Option<BuyerId>, known: &card::BuyerCard, zone: &TimeZone, person: Person) -> BuyerCard {
    let own = person.own;
    BuyerCard {
        id: id.map(|id| id.0),
        key: known.key.clone(),
        name: known.name.clone(),
        language: known.language.map(|code| code.to_string()),
        country: known.country.clone(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        grade: known.grade.clone(),
        suppressed: known.suppressed,
        first_seen: own.first_seen,
        messages: own.messages,
        notes: own.notes.into_iter().map(note).collect(),
        orders: own.orders,
        tickets: own.tickets.into_iter().map(ticket).collect(),
        conversations: own.conversations.into_iter().map(conversation).collect(),
        also: person.others.into_iter().map(also).collect(),
    }
}

fn also(other: person::OtherAddress) -> OtherAddress {
    let (known, buyer) = (other.known, line(other.buyer));
    OtherAddress {
        id: buyer.id,
        key: buyer.key,
        name: buyer.name,
        language: buyer.language,
        country: buyer.country,
        grade: buyer.grade,
        suppressed: buyer.suppressed,
        changed_at: buyer.changed_at,
        messages: known.messages,
        notes: known.notes.into_iter().map(note).collect(),
        orders: known.orders,
        tickets: known.tickets.into_iter().map(ticket).collect(),
        conversations: known.conversations.into_iter().map(conversation).collect(),
    }
}

fn note(note: card::BuyerNote) -> BuyerNote {
    BuyerNote { at: note.at, by: note.by, text: note.text }
}

fn conversation(conversation: ConversationOfBuyer) -> BuyerConversation {
    BuyerConversation {
        id: conversation.id.0,
        subject: conversation.subject,
        account: conversation.account.to_string(),
        channel: conversation.channel,
        last_at: conversation.last_at,
        messages: conversation.messages,
        ticket: conversation.ticket.map(|ticket| ticket.0),
    }
}

fn ticket(ticket: TicketOfBuyer) -> BuyerTicket {
    BuyerTicket {
        id: ticket.id.0,
        state: ticket.state,
        subject: ticket.subject,
        account: ticket.account.to_string(),
        channel: ticket.channel,
        opened_at: ticket.opened_at,
    }
}
