//! The tests of day 22 that learners do not see.

mod code_flow_with_pkce;
mod code_is_single_use_under_race;
mod discovery_and_jwks;
mod exact_redirect;
mod hostile_input;
mod id_token_claims;
mod introspection;
mod key_rotation;
mod kill9;
mod refresh_reuse_revokes_family;
