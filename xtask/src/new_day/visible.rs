//! The tests of this day that you can read. One module per checkpoint; each name is a claim about your program.

mod first_checkpoint {
    #[test]
    fn it_says_what_it_is_for() {
        harness::command().arg("--help").assert().success();
    }
}
