//! The labels that are in use, to be offered where one is typed.

use std::collections::BTreeMap;

use crate::{
    model::ids::AccountName,
    store::{Store, error::StoreError, queue::named},
};

/// So many of the newest tickets are looked at: labels of years ago are not what somebody types today.
const LOOKED_AT: u32 = 500;

/// So many labels are offered, the most frequent ones.
const OFFERED: usize = 30;

impl Store {
    /// Returns the labels of the newest tickets of those accounts, the most frequent first.
    pub async fn labels_in_use(&self, accounts: Option<&[AccountName]>) -> Result<Vec<String>, StoreError> {
        let accounts = named(accounts);
        let rows = self
            .db
            .ask(
                "reading the labels in use",
                "SELECT n.tags FROM (SELECT k.tags, k.account FROM ticket k ORDER BY k.id DESC LIMIT $1) n
                 WHERE n.tags <> '[]' AND ($2 IS NULL OR REPLACE($2, '\n' || n.account || '\n', '') <> $2)",
                &[LOOKED_AT.into(), accounts.as_deref().into()],
            )
            .await?;
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for row in &rows {
            for label in row.json::<Vec<String>>("tags")? {
                *counted.entry(label).or_default() += 1;
            }
        }
        let mut labels: Vec<(String, usize)> = counted.into_iter().collect();
        // Stable: labels that are as frequent stay in the order of the alphabet.
        labels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(labels.into_iter().take(OFFERED).map(|(label, _)| label).collect())
    }
}
