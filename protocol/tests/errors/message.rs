use tickwire_protocol::prelude::*;

#[derive(Serialize, Deserialize, Message)]
struct Hail {
    #[serde(skip)]
    line: String,
    #[serde(default)]
    loud: bool,
    #[rep(max = 10)]
    name: String,
}

#[derive(Serialize, Deserialize, Message)]
#[serde(untagged)]
enum Order {
    Hail(u8),
}

#[derive(Message)]
struct Of<T>(T);

fn main() {}
