//! The OpenAPI file is what the program serves.

use nightdesk::console;

use super::generated;

#[test]
fn the_openapi_file_is_what_the_program_serves() {
    generated("docs/openapi.json", console::openapi());
}
