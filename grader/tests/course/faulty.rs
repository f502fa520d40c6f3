//! Tests with faults of their own: whatever happens here is never a learner's failure.

mod say {
    #[test]
    fn the_test_executable_crashes() {
        std::process::abort();
    }
}

mod shout {
    #[test]
    fn a_tool_is_missing() {
        harness::require_tool("no-such-tool", "no-such-package");
    }
}

mod manners {
    #[test]
    fn it_starts() {
        harness::Launch::service().start();
    }
}

mod whisper {
    #[test]
    fn it_starts() {
        harness::Launch::service().start();
    }
}
