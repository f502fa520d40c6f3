//! The tests that only the course holder has. They vary inputs and combine what the page states.

mod all_sessions_revoked;
mod csrf;
mod kill9;
mod lockout;
mod logout_ends_session;
mod no_user_enumeration;
mod password_reset;
mod register_and_login;
mod secrets_at_rest;
mod session_cookie_flags;
mod session_fixation;
mod totp_and_replay;
