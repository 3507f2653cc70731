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

#[derive(Serialize, Deserialize, Message)]
enum Tree {
    Leaf(u8),
    Branches { them: Vec<Tree> },
}

fn main() {}
