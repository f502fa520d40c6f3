//! The tests of day 13 that learners do not see.

mod catalogue_and_cart;
mod checkout_pays;
mod coupons_stack_correctly;
mod decline_timeout_unknown;
mod idempotent_checkout;
mod kill9_around_charge;
mod last_item_race;
mod payment_webhook;
mod refunds;
mod reservation_expires;
mod totals;
