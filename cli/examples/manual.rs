//! Prints the manual page: `cargo run -p himds-cli --example manual >cli/himds.1`.

fn main() {
    print!("{}", himds_cli::manual());
}
