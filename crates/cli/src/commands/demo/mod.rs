//! `interlock demo`: all of it at work, on real processes, without a network.
//!
//! A home of its own is made in the temporary directory; this program starts itself as the approver, as a client and as two
//! servers, a polite and a hostile one. What is printed is what really happened: a step that goes wrong fails the command.

mod attacks;
mod changed;
mod client;
mod hostile;
mod npm;
mod polite;
mod server;
mod world;

use serde_json::{Value, json};

use crate::Outcome;
use crate::exit::{Exit, Failure};
use crate::options::{Demo, DemoServer, Global};
use crate::terminal::{Style, say};

use client::Session;
use world::World;

/// Runs `interlock demo`, or one of its servers.
///
/// # Errors
/// When a step does not do what it should.
pub fn run(global: &Global, options: &Demo) -> Outcome {
    if let Some(which) = options.serve {
        return serve(which);
    }
    let stage = Stage {
        world: World::new()?,
        style: Style::stdout(global.color),
    };
    stage.refused()?;
    stage.approved()?;
    stage.changed()?;
    let stopped = stage.attacked()?;
    stage.npm(global)?;
    stage.traced()?;
    say("");
    say(&stage.style.bold(&format!(
        "A launch nobody approved started nothing; {stopped} attacks were stopped; every step is on record."
    )));
    Ok(Exit::Done)
}

fn serve(which: DemoServer) -> Outcome {
    let served = match which {
        DemoServer::Polite => server::serve("polite", polite::TOOLS),
        DemoServer::Changed => server::serve("changed", &changed::tools()),
        DemoServer::Hostile => server::serve("hostile", hostile::TOOLS),
    };
    served.map_err(|error| {
        Failure::new(Exit::Server, "the demonstration's server broke off").because(&error)
    })?;
    Ok(Exit::Done)
}

/// The demonstration, step by step.
struct Stage {
    world: World,
    style: Style,
}

/// A step that did not show what it should is a failure, not a line of output.
fn must(held: bool, what: &str, seen: &str) -> Result<(), Failure> {
    if held {
        return Ok(());
    }
    let mut failure = Failure::new(Exit::Internal, format!("the demonstration failed: {what}"))
        .next("interlock doctor");
    failure.causes = seen.lines().map(str::to_owned).collect();
    Err(failure)
}

impl Stage {
    fn title(&self, text: &str) {
        say("");
        say(&self.style.bold(text));
    }

    fn point(&self, good: bool, text: &str) {
        let mark = if good {
            self.style.good("✓")
        } else {
            self.style.bad("✗")
        };
        say(&format!("  {mark} {text}"));
    }

    fn launch<'a>(&'a self, which: &'a str) -> Vec<&'a str> {
        vec![
            self.world.binary.to_str().unwrap_or("interlock"),
            "demo",
            "--serve",
            which,
        ]
    }

    fn refused(&self) -> Result<(), Failure> {
        self.title("1. A client's config names a server that nobody approved");
        let mut words = vec!["--"];
        words.extend(self.launch("polite"));
        let (session, answer) = Session::start(&self.world, &words)?;
        let message = answer
            .pointer("/error/message")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        must(
            message.contains("interlock approve"),
            "an unapproved launch was not refused",
            &answer.to_string(),
        )?;
        let children = children_of(session.pid());
        must(
            children == 0,
            "something was started for an unapproved launch",
            &children.to_string(),
        )?;
        self.point(true, &format!("the client is told: {message}"));
        self.point(
            true,
            "nothing was started: `interlock run` has no child process",
        );
        let code = session.close()?;
        must(
            code == Exit::Refused as i32,
            "a refused launch did not exit with 3",
            &code.to_string(),
        )?;
        self.point(true, "exit code 3");
        Ok(())
    }

    fn approved(&self) -> Result<(), Failure> {
        self.title("2. A person approves exactly that content");
        let said = self
            .world
            .interlock(&["init", "--passphrase-fd", "0", "--quiet"])?;
        must(said.code == 0, "no approver's key was made", &said.text)?;
        let said = self.world.approve("polite", &[], &self.launch("polite"))?;
        for line in said.text.lines().filter(|line| !line.is_empty()) {
            say(&format!("    {}", self.style.dim(line)));
        }
        self.title("3. Now it runs, contained, and works unchanged");
        let (mut session, answer) = Session::start(&self.world, &["polite"])?;
        must(
            answer.get("result").is_some(),
            "an approved server did not start",
            &answer.to_string(),
        )?;
        let tools = session.request("tools/list", &json!({}))?;
        let count = tools
            .pointer("/result/tools")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        must(
            count == polite::TOOLS.len(),
            "the polite server's tools are not all there",
            &tools.to_string(),
        )?;
        self.point(true, &format!("tools/list: {count} tools"));
        let greeting = session.call("greet", &json!({ "name": "world" }))?;
        must(
            greeting.as_deref() == Ok("Hello, world!"),
            "a call was not answered",
            &format!("{greeting:?}"),
        )?;
        self.point(true, "tools/call greet: Hello, world!");
        session.send(r#"{"jsonrpc":"2.0","id":99,"method":"ping","method":"tools/call","params":{"name":"greet"}}"#)?;
        let answer = session.answer()?;
        let message = answer
            .pointer("/error/message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        must(
            !message.is_empty(),
            "an ambiguous message was forwarded",
            &answer.to_string(),
        )?;
        self.point(
            true,
            &format!("a message with two `method` keys is not forwarded: {message}"),
        );
        session.close()?;
        Ok(())
    }

    fn changed(&self) -> Result<(), Failure> {
        self.title("4. An approved server changes what a tool says");
        let data = self.world.home.join("data");
        let data = data.to_string_lossy();
        self.world.approve(
            "changed",
            &["--read", &data, "--cwd", &data],
            &self.launch("changed"),
        )?;
        changed::change(&self.world.home.join("data")).map_err(|error| {
            Failure::new(
                Exit::Internal,
                "the demonstration could not change its server",
            )
            .because(&error)
        })?;
        let (mut session, _) = Session::start(&self.world, &["changed"])?;
        let tools = session.request("tools/list", &json!({}))?;
        let listed = tools
            .pointer("/result/tools")
            .and_then(Value::as_array)
            .map_or(1, Vec::len);
        must(listed == 0, "a changed tool was listed", &tools.to_string())?;
        self.point(true, "the poisoned definition is withheld from tools/list");
        let called = session.call("add", &json!({}))?;
        let why = called.err().unwrap_or_default();
        must(!why.is_empty(), "a changed tool could be called", &why)?;
        self.point(true, &format!("its call is refused: {why}"));
        session.close()?;
        Ok(())
    }

    fn attacked(&self) -> Result<usize, Failure> {
        self.title("5. A hostile server was approved by mistake");
        self.world
            .approve("hostile", &[], &self.launch("hostile"))?;
        let (mut session, _) = Session::start(&self.world, &["hostile"])?;
        for attack in attacks::ALL {
            let arguments = attacks::arguments(&self.world);
            let won = session.call(attack.tool, &arguments)?;
            let text = match &won {
                Ok(text) => format!("{}: {text}", attack.title),
                Err(error) => format!("{:<44} {} ({error})", attack.title, attack.stopped_by),
            };
            self.point(won.is_err(), &text);
            must(won.is_err(), "an attack succeeded", &text)?;
        }
        let pid = session.pid();
        session.close()?;
        must(
            children_of(pid) == 0,
            "something of the hostile server is still running",
            "",
        )?;
        attacks::outside_is_untouched(&self.world).map_err(|what| {
            Failure::new(Exit::Internal, format!("the demonstration failed: {what}"))
        })?;
        self.point(true, "seen from outside: no file changed, no process left");
        Ok(attacks::ALL.len())
    }

    fn npm(&self, global: &Global) -> Result<(), Failure> {
        self.title("6. A real server from npm");
        match npm::show(&self.world, global.offline)? {
            npm::Shown::Worked(lines) => lines.iter().for_each(|line| self.point(true, line)),
            npm::Shown::LeftOut(why) => {
                say(&format!("  left out: {why}"));
            }
        }
        Ok(())
    }

    fn traced(&self) -> Result<(), Failure> {
        self.title("7. The trace");
        let said = self.world.interlock(&["audit", "verify"])?;
        must(said.code == 0, "the audit log does not verify", &said.text)?;
        self.point(true, said.text.lines().next().unwrap_or_default());
        let copy = self.world.edited_audit()?;
        let said = self
            .world
            .interlock(&["audit", "verify", &copy.to_string_lossy()])?;
        must(
            said.code == 1,
            "an edited copy was not found out",
            &said.text,
        )?;
        self.point(
            true,
            &format!(
                "one bit of a copy changed: {}",
                said.text.lines().next().unwrap_or_default()
            ),
        );
        Ok(())
    }
}

/// Live child processes of a process, from `/proc`.
fn children_of(pid: u32) -> usize {
    let path = format!("/proc/{pid}/task/{pid}/children");
    std::fs::read_to_string(path).map_or(0, |children| children.split_whitespace().count())
}
