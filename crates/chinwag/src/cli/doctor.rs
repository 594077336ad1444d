//! `chinwag doctor`.

use anyhow::{Context, bail};
use chinwag_external::doctor::{Doctor, Finding, Verdict};
use clap::Args;

use super::{account, usable, with_data};
use crate::app::App;
use crate::config::ServeArgs;
use crate::directory::AccountEntry;

/// The broker to examine: the same settings as for `serve`.
#[derive(Args)]
pub struct Examination {
    /// The account to test with [default: a member of general]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// Examines the broker and prints the findings. Fails if something is wrong.
pub async fn run(command: Examination) -> anyhow::Result<()> {
    let config = usable(command.serve.settle())?;
    let broker = config.broker.context("there is nothing to check: specify the broker with --broker")?;
    with_data(&config.data, false, async |app| {
        let me = patient(&app, command.name.as_deref())?;
        println!("{}, tested as {}:", broker.url, me.name);
        let mut wrong = 0;
        let mut tell = |finding: Finding| {
            let what = finding.what;
            match finding.verdict {
                Verdict::Well => println!("  ok     {what}"),
                Verdict::Worth(why) => println!("  note   failed: {what}\n         {why}"),
                Verdict::Wrong(why) => {
                    wrong += 1;
                    println!("  WRONG  failed: {what}\n         {why}");
                }
            }
        };
        Doctor::new(&app.chat, &app.accounts.keys, &broker, me, &mut tell)?.examine().await?;
        match wrong {
            0 => println!("everything is fine"),
            1 => bail!("one thing is wrong with the broker {}", broker.url),
            many => bail!("{many} things are wrong with the broker {}", broker.url),
        }
        Ok(())
    })
    .await
}

fn patient(app: &App, name: Option<&str>) -> anyhow::Result<AccountEntry> {
    if let Some(name) = name {
        return account(app, name);
    }
    let member = app.directory().with_room("general", |room| room.members.keys().min().copied()).flatten();
    let member = member.and_then(|id| app.directory().account(id));
    member.context(
        "nobody is in general; create an account with chinwag user add NAME, or specify one with --as NAME",
    )
}
