//! The demo: serves the dogfight with its page and bots.

fn main() -> std::process::ExitCode {
    tickwire_server::Server::<tickwire_dogfight::Dogfight>::new().demo_page().run()
}
