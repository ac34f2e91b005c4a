//! Scenarios about skills: nothing is read before it is needed, and nothing is used that was not verified.

use interlock_sdk::http::client::StreamableHttp;
use interlock_sdk::skills::{self, EXTENSION};
use interlock_wire::Object;

use super::{Failure, client};

/// Lists the skills. Where a skill is to be loaded, loads the first one and reads its other files.
pub(super) async fn play(scenario: &str, url: &str) -> Result<(), Failure> {
    let client = client()
        .extension(EXTENSION, Object::default())
        .connect(StreamableHttp::new(url)?)
        .await?;
    let listed = skills::list(&client).await?;
    if scenario != "sep-2640-client-no-prefetch" {
        let entry = listed
            .into_iter()
            .next()
            .ok_or("the server has no skills")?;
        let skill = skills::load(&client, entry).await?;
        skills::read(&client, &skill, "references/FORMS.md").await?;
    }
    client.close().await;
    Ok(())
}
