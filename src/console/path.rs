//! What stands in the path of an address. What cannot be read as what a route means by it is a thing that does not
//! exist, told by a page like any other.

use axum::{
    extract::{self, FromRequestParts},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::console::problem::Problem;

/// The parameters of a path, in their order.
#[derive(Debug)]
pub(super) struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|extract::Path(read)| Self(read)).map_err(|_| Problem::NotFound)
    }
}
