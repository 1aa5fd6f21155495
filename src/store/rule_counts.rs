//! How often each rule was recognized lately, and what it said: one pass over the index of reports.

use jiff::Timestamp;

use crate::{
    model::{
        figures::Said,
        ids::{AccountName, IntentId},
    },
    store::{Store, error::StoreError, queue::named},
};

/// What one rule did since two moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCounts {
    /// The rule.
    pub rule: IntentId,
    /// Since the later moment.
    pub lately: Tally,
    /// Since the earlier one.
    pub altogether: Tally,
}

/// Messages in which a rule stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All of them.
    pub matched: u32,
    /// Those it answered by itself.
    pub answered: u32,
    /// Those for which it made a draft.
    pub drafted: u32,
}

impl Tally {
    fn add(&mut self, said: Said, messages: u32) {
        self.matched += messages;
        match said {
            Said::Answer => self.answered += messages,
            Said::Draft => self.drafted += messages,
            Said::Nothing | Said::Ack | Said::Ask => {}
        }
    }
}

impl Store {
    /// Counts the messages of accounts, of all if none are given, since `earlier` in which rules stood, and those of them
    /// since `later`; sorted by rule.
    pub async fn rule_counts(
        &self,
        accounts: Option<&[AccountName]>,
        earlier: Timestamp,
        later: Timestamp,
    ) -> Result<Vec<RuleCounts>, StoreError> {
        let accounts = named(accounts);
        let rows = self
            .db
            .ask(
                "counting what rules did",
                "SELECT intent, said, COUNT(*) AS messages,
                        CAST(SUM(CASE WHEN received_at >= $2 THEN 1 ELSE 0 END) AS BIGINT) AS lately
                 FROM recognized
                 WHERE received_at >= $1 AND ($3 IS NULL OR REPLACE($3, '\n' || account || '\n', '') <> $3)
                 GROUP BY intent, said ORDER BY intent, said",
                &[earlier.into(), later.into(), accounts.as_deref().into()],
            )
            .await?;
        let mut counts: Vec<RuleCounts> = Vec::new();
        for row in rows {
            let rule = IntentId::new(row.get::<String>("intent")?);
            if counts.last().is_none_or(|last| last.rule != rule) {
                counts.push(RuleCounts { rule, lately: Tally::default(), altogether: Tally::default() });
            }
            let said = row.word("said", Said::from_word)?;
            if let Some(last) = counts.last_mut() {
                last.altogether.add(said, row.count("messages")?);
                last.lately.add(said, row.count("lately")?);
            }
        }
        Ok(counts)
    }
}
