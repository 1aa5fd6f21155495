# `just` lists what there is. `bash tests/run` does what `just ci` does and needs neither just nor installed servers.

# List the recipes.
default:
    @just --list --unsorted

# Run every check and every test.
ci:
    bash tests/run

# Format the code.
fmt:
    cargo fmt --all

# Lint the library, the program, the tests, the benches and the checker.
lint:
    cargo clippy --locked --workspace --all-targets -- -D warnings

# Run the tests; a word runs those whose name contains it.
test filter="":
    cargo test --locked --test it -- "{{ filter }}"

# Judge the run folder of a fault test (tests/checker/README.md).
judge folder:
    cargo run --locked --quiet -p checker -- "{{ folder }}"

# Build the documentation, private items included.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

# Check licenses, sources and forbidden crates.
deny:
    cargo fetch --quiet --locked
    cargo deny --offline check bans licenses sources

# Measure the decision.
bench:
    cargo bench --locked

# Rewrite the expected files under tests/data; look at the difference before you commit it.
update:
    UPDATE=1 INSTA_UPDATE=always cargo test --locked --test it

# Make the public holidays anew from the Python package holidays; look at the difference before you commit it.
holidays:
    python3 tests/holidays/generate.py
