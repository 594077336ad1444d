//! Writes the TypeScript files into the given folder, by default `packages/protocol/src`.

use std::path::Path;

use chinwag_protocol::typescript;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "packages/protocol/src".into());
    std::fs::create_dir_all(&folder)?;
    for (file, text) in [
        ("types.gen.ts", typescript::types()),
        ("limits.gen.ts", typescript::limits()),
        ("topics.gen.ts", typescript::topics()),
    ] {
        std::fs::write(Path::new(&folder).join(file), text)?;
    }
    Ok(())
}
