//! Tells cargo that a new file in `migrations` is a reason to build again. `sqlx::migrate!` notices only changes in files
//! that it knows already.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
