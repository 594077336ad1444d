//! The TypeScript type of a refusal's parameters.

use super::{Entry, Reason};

/// Returns the TypeScript type of a refusal's parameters.
pub fn typescript() -> String {
    let mut out = "/**\n * Why a person was refused something, with the parameters for a text about it. A newer server may send others.\n */\nexport type ErrorReason =".to_owned();
    for Entry { word, code, when, params } in Reason::all() {
        let params: String = params.iter().map(|(name, kind)| format!(", {name}: {kind}")).collect();
        out.push_str(&format!("\n/** `{}`: {when} */\n| {{ reason: \"{word}\"{params} }}", code.word()));
    }
    out.push_str(";\n");
    out
}
