//! From the table of estimators to the enum and to everything that is the same for each of its rows.

/// One row an estimator: `Variant { fields } "name", "page.md", optimises: …, source: …,
/// sums_to_zero: …, group: |group, out, scratch| …, limit: |group, weighting, out| …;`
///
/// A field is `name: Type = default => Always|UnlessDefault "key" in RANGE`; the second word says when
/// its text is written. In the expressions after it the fields are references. `group` computes the
/// advantages of a group, `limit` those of an infinite one, or is `None`.
macro_rules! declare {
    ($(
        $variant:ident $({ $(
            $(#[$field_doc:meta])*
            $field:ident: $type:ty = $default:expr => $shown:ident $key:literal $(in $range:expr)?
        ),* $(,)? })?
        $name:literal, $page:literal,
        optimises: $optimises:expr,
        source: $source:expr,
        sums_to_zero: $sums_to_zero:expr,
        group: |$group:pat_param, $out:pat_param, $scratch:pat_param| $compute:expr,
        limit: |$limit_group:pat_param, $weighting:pat_param, $limit_out:pat_param| $limit:expr;
    )*) => {
        /// A rule that turns the rewards of one group into advantages.
        ///
        /// It has a text form, `name:key=value,key=value`, in both directions: [`str::parse`] and
        /// [`ToString`]. [`CATALOGUE`] lists what each one optimises and where it is from. A rule of
        /// your own becomes one by [`Estimator::custom`].
        ///
        /// # Symbols
        ///
        #[doc = include_str!("symbols.md")]
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Estimator {
            $(
                #[doc = include_str!($page)]
                $variant $({ $( $(#[$field_doc])* $field: $type, )* })?,
            )*
            /// A rule from outside this crate; see [`Estimator::custom`].
            Custom(crate::rule::CustomRule),
        }

        /// Every estimator, once, with what it optimises, its formula and its source.
        pub static CATALOGUE: &[Entry] = &[
            $( Entry {
                estimator: Estimator::$variant $({ $( $field: $default ),* })?,
                optimises: $optimises,
                source: $source,
                page: include_str!($page),
            }, )*
        ];

        #[allow(unused_variables, reason = "not every expression looks at every field")]
        impl Estimator {
            /// The name, without parameters.
            pub fn name(&self) -> &'static str {
                match self {
                    $( Self::$variant $({ $( $field: _ ),* })? => $name, )*
                    Self::Custom(custom) => custom.rule().name(),
                }
            }

            /// Whether the advantages of every group sum to 0 (but for rounding).
            ///
            /// Then the softmax gradient of a bandit touches only the arms that were drawn.
            pub fn sums_to_zero(&self) -> bool {
                match self {
                    $( Self::$variant $({ $( $field ),* })? => $sums_to_zero, )*
                    Self::Custom(custom) => custom.rule().sums_to_zero(),
                }
            }

            /// Advantages of a checked group, into an `out` of its length.
            #[inline(always)]
            pub(crate) fn dispatch(
                &self,
                group: crate::Group<'_>,
                out: &mut [f64],
                scratch: &mut crate::Scratch,
            ) -> Result<(), crate::Error> {
                match self {
                    $( Self::$variant $({ $( $field ),* })? => {
                        let ($group, $out, $scratch) = (group, out, scratch);
                        $compute
                    } )*
                    Self::Custom(custom) => custom.rule().advantages_into(group, out, scratch),
                }
            }

            /// Advantages of an infinite group, where they have a closed form.
            pub(crate) fn limit_into(
                &self,
                group: crate::Group<'_>,
                weighting: crate::moments::Weighting<'_>,
                out: &mut [f64],
            ) -> Option<Result<(), crate::Error>> {
                match self {
                    $( Self::$variant $({ $( $field ),* })? => {
                        let ($limit_group, $weighting, $limit_out) = (group, weighting, out);
                        $limit
                    } )*
                    Self::Custom(_) => None,
                }
            }

            /// The parameters, in the order they are written.
            pub(crate) fn fields(&mut self) -> Vec<crate::parameter::Field<'_>> {
                match self {
                    $( Self::$variant $({ $( $field ),* })? => vec![ $( $( crate::parameter::Field {
                        key: $key,
                        shown: crate::parameter::WhenShown::$shown,
                        value: $field,
                        range: crate::parameter::Range::or_any(None $(.or(Some($range)))?),
                    } ),* )? ], )*
                    Self::Custom(_) => Vec::new(),
                }
            }
        }
    };
}

pub(crate) use declare;
