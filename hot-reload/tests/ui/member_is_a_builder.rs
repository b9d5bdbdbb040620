//! A member of a typed group is the builder of a service with the value of its field.

use hot_reload::group::typed;

typed! {
    struct State {
        number: u64,
        text: String,
    }
}

fn main() {
    let _ = State::group(7, "a text".to_owned());
}
