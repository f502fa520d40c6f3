//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod first_checkpoint {
    #[test]
    fn an_unknown_flag_is_wrong_usage() {
        harness::command().arg("--no-such-flag").assert().code(2);
    }
}
