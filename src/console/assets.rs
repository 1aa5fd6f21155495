//! Files that pages refer to: the style sheet and small scripts. They lie inside the program; their address holds a hash
//! of what they say, so that browsers keep them until they change.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

/// How many hexadecimal digits of the hash stand in an address.
const DIGITS: usize = 16;

/// One file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: &[Asset] = &[
    Asset { name: "style.css", kind: STYLE, text: include_str!("style.css") },
    Asset { name: "playground.js", kind: SCRIPT, text: include_str!("playground.js") },
    Asset { name: "icon.svg", kind: "image/svg+xml", text: include_str!("icon.svg") },
    Asset { name: "desk.js", kind: SCRIPT, text: include_str!("desk.js") },
    Asset { name: "live.js", kind: SCRIPT, text: include_str!("live.js") },
];

/// The addresses of the files, in their order.
static HREFS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let href = |asset: &Asset| {
        let digest = Sha256::digest(asset.text.as_bytes());
        let mut version = String::with_capacity(DIGITS);
        for byte in digest.iter().take(DIGITS / 2) {
            let _infallible = write!(version, "{byte:02x}");
        }
        format!("/assets/{version}/{}", asset.name)
    };
    ASSETS.iter().map(href).collect()
});

/// Returns the address of a file; one that does not exist leads nowhere.
pub(super) fn href(name: &str) -> String {
    let at = ASSETS.iter().position(|asset| asset.name == name);
    at.and_then(|at| HREFS.get(at)).cloned().unwrap_or_else(|| format!("/assets/none/{name}"))
}

/// Serves a file under its present address.
pub(super) async fn serve(Path((_, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, asset.text).into_response()
}
