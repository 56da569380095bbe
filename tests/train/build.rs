//! Finds what some of these tests need beside Rust.

fn main() {
    test_requirements::find();
}
