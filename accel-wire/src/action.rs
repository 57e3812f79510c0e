//! What an action is: a name, how its parameters are read, and what it then does with the world.

use accel_core::tags::Tags;
use accel_mock::{Body, Caller, Key, Thing, World};

use crate::asked::Asked;
use crate::kind;
use crate::moment::Birth;
use crate::refusal::Result;
use crate::service::{Answer, Service};
use crate::xml::Xml;

/// One action of a service.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) service: Service,
    pub(crate) name: &'static str,
    /// Whether it may change the world.
    pub(crate) mutating: bool,
    /// Reads all of its parameters, and decides nothing.
    pub(crate) decode: fn(&Asked<'_>) -> Result<Act>,
}

/// What an action does, once its parameters are read: calls of the world, and their results as elements.
pub(crate) type Act = Box<dyn FnOnce(&mut Turn<'_>) -> Result<()> + Send>;

impl Action {
    pub(crate) const fn looks(
        service: Service,
        name: &'static str,
        decode: fn(&Asked<'_>) -> Result<Act>,
    ) -> Self {
        Self { service, name, mutating: false, decode }
    }

    pub(crate) const fn changes(
        service: Service,
        name: &'static str,
        decode: fn(&Asked<'_>) -> Result<Act>,
    ) -> Self {
        Self { service, name, mutating: true, decode }
    }

    pub(crate) fn find(service: Service, name: &str) -> Option<&'static Self> {
        Self::all().find(|action| action.service == service && action.name == name)
    }

    /// Everything that this server can do.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        kind::ACTIONS.iter().flat_map(|actions| actions.iter())
    }
}

/// One call, alone with the world.
#[derive(Debug)]
pub(crate) struct Turn<'w> {
    pub(crate) world: &'w mut World,
    pub(crate) caller: &'w Caller,
    pub(crate) birth: Birth,
    pub(crate) answer: Answer,
}

impl Turn<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        View { world: self.world, caller: self.caller, birth: self.birth }
    }

    /// Writes elements of the answer from what is there now.
    pub(crate) fn show(&mut self, write: impl FnOnce(View<'_>, &mut Xml)) {
        let view = View { world: self.world, caller: self.caller, birth: self.birth };
        write(view, &mut self.answer.xml);
    }

    /// The answer of actions that have nothing else to say.
    pub(crate) fn done(&mut self) {
        self.answer.xml.field("return", true);
    }

    /// Does several things to the world, or none of them: they are done to a copy, which becomes the world if none was refused.
    pub(crate) fn all_or_none<T>(
        &mut self,
        act: impl FnOnce(&mut World, &Caller) -> Result<T>,
    ) -> Result<T> {
        let mut changed = self.world.clone();
        let done = act(&mut changed, self.caller)?;
        *self.world = changed;
        Ok(done)
    }

    /// Makes one thing for the caller.
    pub(crate) fn make(&mut self, body: Body, tags: Tags, token: Option<String>) -> Result<Key> {
        Ok(self.world.make(self.caller, body, tags, token)?)
    }
}

/// The world, as a caller sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'w> {
    pub(crate) world: &'w World,
    pub(crate) caller: &'w Caller,
    pub(crate) birth: Birth,
}

impl<'w> View<'w> {
    pub(crate) fn thing(self, key: Key) -> &'w Thing {
        self.world.thing(key)
    }

    pub(crate) fn id(self, key: Key) -> &'w str {
        self.world.thing(key).id()
    }
}
