pub mod flawed;
pub mod page;
pub mod variants;
#[derive(Debug, clap::Args)]
pub struct Args {}
pub fn run(_: &Args) -> Result<u8, String> {
    Err(String::new())
}
