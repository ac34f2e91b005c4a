//! The words that the data model is declared in: `message!` for objects, `union!` for values of several types, `names!` for texts of
//! a fixed set. Reading, writing and building all come from one declaration.

/// Declares objects. A member reads: need, name, type, JSON name, and where revisions differ, `since` and `until` which revision it
/// exists and what is written `or` else in a revision that requires it.
///
/// `must` members are required, `may` members are `Option`s with a setter, `list` members are empty when absent. A
/// `time` is a `may` member whose negative values are read as 0. Unknown members are kept in `extra`.
macro_rules! message {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident $(, $tag:literal = $constant:literal)? {
            $(
                $(#[$doc:meta])*
                $need:ident $field:ident: $type:ty = $key:literal
                $(, since $since:ident)? $(, until $until:ident)? $(, or $fill:expr)?;
            )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: message!(@type $need $type),)*
            /// Members that no revision names, kept as they came.
            pub extra: $crate::types::Extra,
        }

        impl $name {
            $(message!(@setter $need $field $type, $key);)*
        }

        impl $crate::types::Decode for $name {
            fn read(input: &mut $crate::types::Input<'_>) -> Result<Self, $crate::types::DecodeError> {
                $(let mut $field: Option<$type> = None;)*
                let mut extra = $crate::types::Extra::default();
                input.object()?;
                while let Some(key) = input.key()? {
                    match &*key {
                        $($key => {
                            $field = message!(@read $need input).map_err(|fault| fault.inside($key))?;
                        })*
                        $($tag => input.constant($constant).map_err(|fault| fault.inside($tag))?,)?
                        _ => extra.read(key, input)?,
                    }
                }
                Ok(Self { $($field: message!(@finish $need $field $key),)* extra })
            }
        }

        impl $crate::types::Encode for $name {
            fn write(&self, out: &mut $crate::types::Output<'_>) {
                let mut object = out.object();
                $(object.constant(concat!("\"", $tag, "\":"), $constant);)?
                $(message!(@write $need object, self.$field, concat!("\"", $key, "\":"),
                    $crate::types::Range {
                        since: message!(@revision $($since)?),
                        until: message!(@revision $($until)?),
                    }, message!(@fill $($fill)?));)*
                object.extra(&self.extra);
                object.end();
            }
        }
    )*};

    (@type time $type:ty) => { Option<$type> };
    (@type may $type:ty) => { Option<$type> };
    (@type $need:ident $type:ty) => { $type };

    (@setter time $($rest:tt)*) => { message!(@setter may $($rest)*); };
    (@setter may $field:ident $type:ty, $key:literal) => {
        #[doc = concat!("With `", $key, "`.")]
        #[must_use]
        pub fn $field(mut self, $field: impl Into<$type>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
    (@setter $need:ident $field:ident $type:ty, $key:literal) => {};

    (@read time $input:ident) => { $crate::types::decode::time($input) };
    (@read must $input:ident) => { $crate::types::Decode::read($input).map(Some) };
    (@read $need:ident $input:ident) => { $crate::types::Decode::read($input) };

    (@finish must $field:ident $key:literal) => {
        $field.ok_or_else(|| $crate::types::DecodeError::missing($key))?
    };
    (@finish time $field:ident $key:literal) => { $field };
    (@finish may $field:ident $key:literal) => { $field };
    (@finish list $field:ident $key:literal) => { $field.unwrap_or_default() };

    (@write time $($rest:tt)*) => { message!(@write may $($rest)*) };
    (@write may $object:ident, $value:expr, $key:expr, $range:expr, $fill:expr) => {
        $object.may($key, $value.as_ref(), $range, $fill)
    };
    (@write $need:ident $object:ident, $value:expr, $key:expr, $range:expr, $fill:expr) => {
        $object.must($key, &$value, $range)
    };

    (@revision) => { None };
    (@revision $revision:ident) => { Some($crate::Revision::$revision) };
    (@fill) => { None };
    (@fill $fill:expr) => { Some(|| $fill) };
}

/// Declares a value of several types, told apart by the text of one member.
macro_rules! union {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal {
            $($(#[$doc:meta])* $value:literal => $variant:ident($type:ty),)*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant($type),)*
            /// Of a type that no revision names, kept as it came.
            Unknown($crate::Object),
        }

        impl $crate::types::Decode for $name {
            fn read(input: &mut $crate::types::Input<'_>) -> Result<Self, $crate::types::DecodeError> {
                use $crate::types::Decode;
                match input.look($tag).and_then($crate::json::as_str).as_deref() {
                    $(Some($value) => Decode::read(input).map(Self::$variant),)*
                    Some(_) => Decode::read(input).map(Self::Unknown),
                    None if input.peek() == Some(b'{') => Err($crate::types::DecodeError::missing($tag)),
                    None => Err($crate::types::DecodeError::expected("an object")),
                }
            }
        }

        impl $crate::types::Encode for $name {
            fn write(&self, out: &mut $crate::types::Output<'_>) {
                match self {
                    $(Self::$variant(value) => value.write(out),)*
                    Self::Unknown(value) => value.write(out),
                }
            }
        }

        $(impl From<$type> for $name {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        })*
    )*};
}

/// Declares texts of a fixed set. With `or Other`, texts beyond it are kept; without, they are refused.
macro_rules! names {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident $(or $other:ident)? { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }
    )*) => {$(
        $(#[$meta])*
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            $(
                /// A text that no revision names.
                $other(Box<str>),
            )?
        }

        impl $name {
            /// The text that stands in messages.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    $(Self::$other(text) => text,)?
                }
            }
        }

        impl $crate::types::Decode for $name {
            fn read(input: &mut $crate::types::Input<'_>) -> Result<Self, $crate::types::DecodeError> {
                match &*input.string()? {
                    $($text => Ok(Self::$variant),)*
                    text => names!(@unknown text $($other)?; concat!("one of", $(" `", $text, "`",)*)),
                }
            }
        }

        impl $crate::types::Encode for $name {
            fn write(&self, out: &mut $crate::types::Output<'_>) {
                out.string(self.as_str());
            }
        }
    )*};
    (@unknown $text:ident; $expected:expr) => {{
        let _: &str = $text;
        Err($crate::types::DecodeError::expected($expected))
    }};
    (@unknown $text:ident $other:ident; $expected:expr) => { Ok(Self::$other($text.into())) };
}
