//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod body_limit;
mod create_and_read;
mod cursor_paging_under_inserts;
mod etag_and_if_match;
mod list_and_filter;
mod method_and_media_type;
mod openapi_matches_behaviour;
mod problem_json;
mod update_and_delete;
