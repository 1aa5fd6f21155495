//! How a running service comes by its console.

use std::{path::Path, sync::Arc};

use crate::{
    cli::check,
    config::Config,
    console::{Shop, guard::Door, playground::Busy, practice::Practice, settings::Settings},
    service::{Service, accounts::Accounts},
};

/// Gathers what the pages of the console can reach. `path` is that of the configuration.
pub(super) fn shop(
    path: &Path,
    config: &Config,
    settings: &Settings,
    service: &Service,
    accounts: &Arc<Accounts>,
) -> Shop {
    let handle = service.handle();
    Shop {
        store: handle.store.clone(),
        live: handle.live.clone(),
        accounts: accounts.clone(),
        handle,
        settings: Arc::new(settings.clone()),
        name: config.shop_name.as_str().into(),
        shelf: Arc::new(check::shelf(path)),
        busy: Busy::default(),
        practice: Practice::default(),
        door: Door::default(),
    }
}
