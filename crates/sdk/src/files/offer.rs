//! Files as a server's resources.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interlock_wire::types::{ResourceContents, ResourceTemplate};

use super::{FileBody, FileContents, FileError, FileResources};
use crate::RpcError;
use crate::server::{Builder, CallError, Context, Requested};

impl FileResources {
    /// Offers the files on a server: as the template `file:///…/{+path}`, each judged and opened when it is read.
    ///
    /// ```no_run
    /// use interlock_sdk::Server;
    /// use interlock_sdk::files::FileResources;
    ///
    /// # fn f() -> Result<(), interlock_sdk::files::RootError> {
    /// let files = FileResources::beneath("/srv/data")?;
    /// let server = files.offer_on(Server::builder("files", "1.0.0")).build();
    /// # Ok(()) }
    /// ```
    pub fn offer_on(self, builder: Builder) -> Builder {
        let template = ResourceTemplate::new(self.root_uri() + "{+path}", "files");
        builder.resource_template(template, move |requested: Requested, cx: Context| {
            let files = self.clone();
            async move {
                let read = files.read(&requested.uri).await;
                read.map(contents)
                    .map_err(|error| refusal(&error, &requested.uri, &cx))
            }
        })
    }
}

fn contents(file: FileContents) -> ResourceContents {
    let (uri, mime_type) = (file.uri().to_owned(), file.mime_type());
    let contents = match file.into_body() {
        FileBody::Text(text) => ResourceContents::text(uri, text),
        FileBody::Blob(bytes) => ResourceContents::blob(uri, STANDARD.encode(bytes)),
    };
    match mime_type {
        Some(mime_type) => contents.mime_type(mime_type),
        None => contents,
    }
}

/// A peer learns that there is no such resource, and not why: nothing of the files around it.
fn refusal(error: &FileError, uri: &str, cx: &Context) -> CallError {
    match error {
        FileError::Uri(_) | FileError::NotFound | FileError::NotRegular => {
            RpcError::resource_not_found(uri, cx.revision()).into()
        }
        FileError::TooLarge { limit } => {
            RpcError::refused(format!("the file is longer than {limit} bytes")).into()
        }
        FileError::Io(_) => RpcError::internal().into(),
    }
}
