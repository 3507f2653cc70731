//! What a game developer reads who declares something that makes no sense: at the field, in words.
//!
//! After a change of the words: `TRYBUILD=overwrite cargo test -p tickwire-protocol --test errors`, and read the
//! difference. Only our own sentences are pinned; the compiler's change from release to release.

#[test]
fn errors_stand_at_the_field_in_words() {
    trybuild::TestCases::new().compile_fail("tests/errors/*.rs");
}
