//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod conditional_304;
mod head_and_mime;
mod header_limits_431;
mod keep_alive;
mod malformed_is_400;
mod not_found;
mod ranges_206_416;
mod serves_files;
mod slow_clients_do_not_block;
mod split_and_pipelined_requests;
mod traversal_and_symlinks;
