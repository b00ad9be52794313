//! The fields that describe a product and that the firmware reads from NVS: one row for each.

use core::fmt::Debug;
use core::str::FromStr;

use esp_nvs_image::{Key, Value};

use crate::text::{HardwareVersionString, PartNumber, ProductLabel, ProductName, ProductUrl, SerialNumber, VendorName};
use crate::{CalendarTypes, Error, HardwareVersion, ManufacturingDate, ProductColor, ProductFinish, keys};

/// The table of the fields in [`ProductInformation`]: calls a macro with all rows.
///
/// A row is `field: Type = "key", "name", "value", "description";`. The key is that of NVS, the group says between which other
/// keys it is stored, the name is how options, members of JSON and documents spell the field, and `value` stands for its
/// value there. Fields that are written as one text come first, those that are a list of texts after them.
///
/// What follows from a row: the fields of [`ProductInformation`], what is encoded, decoded and audited, which columns of
/// values there may be, and the options of `matter-mfg`. A test compares `docs/` with the table.
#[macro_export]
macro_rules! product_fields {
    ($callback:ident) => {
        $callback! {
            texts {
                vendor_name: VendorName = Vendor "vendor-name", "vendor-name", "TEXT", "Vendor's name, 1..=32 bytes";
                product_name: ProductName = Product "product-name", "product-name", "TEXT", "Product's name, 1..=32 bytes";
                hardware_version: HardwareVersion = Product "hardware-ver", "hw-ver", "N", "Hardware version, 0..=65535";
                hardware_version_string: HardwareVersionString = Product "hw-ver-str", "hw-ver-str", "TEXT",
                    "Hardware version as a text, 1..=64 bytes";
                manufacturing_date: ManufacturingDate = Product "mfg-date", "mfg-date", "DATE",
                    "Day of manufacture: YYYYMMDD or YYYY-MM-DD, up to 16 characters with the vendor's own behind it";
                product_finish: ProductFinish = Unit "product-finish", "product-finish", "NAME",
                    "Finish of the surface: other, matte, satin, polished, rugged or fabric";
                product_color: ProductColor = Unit "product-color", "product-color", "NAME",
                    "Color: black, navy, green, teal, maroon, purple, olive, gray, blue, lime, aqua, red, fuchsia, yellow, white, nickel, chrome, brass, copper, silver or gold";
                part_number: PartNumber = Unit "part-number", "part-number", "TEXT", "Part number, 1..=32 bytes";
                serial_number: SerialNumber = Unit "serial-num", "serial-num", "TEXT",
                    "Serial number of a single device, 1..=32 bytes [default: 32 random hexadecimal digits]";
                product_label: ProductLabel = Last "product-label", "product-label", "TEXT", "Product's label, 1..=64 bytes";
                product_url: ProductUrl = Last "product-url", "product-url", "URL",
                    "Where to read about the product, 1..=256 bytes";
            }
            lists {
                calendar_types: CalendarTypes = Calendars "cal-types", "calendar-types", "NAME",
                    "Calendars: Buddhist, Chinese, Coptic, Ethiopian, Gregorian, Hebrew, Indian, Islamic, Japanese, Korean, Persian, Taiwanese";
            }
        }
    };
}

/// Between which other keys a field is stored, in the order of the reference tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// After the vendor id.
    Vendor,
    /// After the product id.
    Product,
    /// After the rotating id's unique id.
    Unit,
    /// Before the locales.
    Calendars,
    /// After the modes.
    Last,
}

/// The type of a field: a text in NVS, or a number of type u32 there.
pub(crate) trait FieldValue: Clone + Debug + FromStr<Err = Error> {
    /// The largest number; `None` for a text.
    const MAX: Option<u32> = None;

    fn to_value(&self) -> Value<'_>;

    /// Joins a value with an earlier one; only a list keeps that.
    #[must_use]
    fn beside(self, _earlier: Option<Self>) -> Self {
        self
    }

    /// Accepts 0..=MAX.
    fn from_number(_number: u32) -> Option<Self> {
        None
    }
}

/// A row of the table.
///
/// # Examples
///
/// ```
/// use matter_factory_data::ProductInformation;
///
/// let mut product = ProductInformation::default();
/// for (name, text) in [("vendor-name", "Example"), ("hw-ver", "3")] {
///     let field = ProductInformation::FIELDS.iter().find(|field| field.name() == name).expect("known");
///     field.add_text(&mut product, text)?;
/// }
/// assert_eq!(product.hardware_version.map(|version| version.get()), Some(3));
/// # Ok::<(), matter_factory_data::Error>(())
/// ```
#[derive(Debug)]
pub struct ProductField {
    name: &'static str,
    key: Key,
    description: &'static str,
    group: Group,
    max: Option<u32>,
    value: fn(&ProductInformation) -> Option<Value<'_>>,
    add_text: fn(&mut ProductInformation, &str) -> Result<(), Error>,
    set_number: fn(&mut ProductInformation, u32) -> bool,
}

impl ProductField {
    /// Returns the name of the field in options, JSON and documents, such as `hw-ver`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the key in NVS, such as `hardware-ver`; columns of values are named so, too.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns what the field is, and its limits.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Returns the largest number of a field that is stored as a u32; `None` for one that is stored as a text.
    #[must_use]
    pub const fn max(&self) -> Option<u32> {
        self.max
    }

    /// Returns the value that is stored.
    #[must_use]
    pub fn value<'p>(&self, product: &'p ProductInformation) -> Option<Value<'p>> {
        (self.value)(product)
    }

    /// Sets the field to a text as people write it: a number's name, if it has names, or its digits. A name of a list is added
    /// to those before it.
    ///
    /// # Errors
    ///
    /// That of the field's type, such as [`Error::TextLength`].
    pub fn add_text(&self, product: &mut ProductInformation, text: &str) -> Result<(), Error> {
        (self.add_text)(product, text)
    }

    /// Sets the field to a stored number.
    ///
    /// # Errors
    ///
    /// [`Error::NumberOutOfRange`] for one above [`ProductField::max`], [`Error::WrongType`] when the field is a text.
    pub fn set_number(&self, product: &mut ProductInformation, number: u32) -> Result<(), Error> {
        let key = self.key;
        let Some(max) = self.max else {
            let expected = "string";
            return Err(Error::WrongType { key, expected });
        };
        if number > max || !(self.set_number)(product, number) {
            let (value, max) = (number.into(), max.into());
            return Err(Error::NumberOutOfRange { key, value, max });
        }
        Ok(())
    }
}

macro_rules! define {
    (texts { $($texts:tt)* } lists { $($lists:tt)* }) => {
        define! { $($texts)* $($lists)* }
    };
    ($($field:ident: $type:ident = $group:ident $key:literal, $name:literal, $value:literal, $description:literal;)*) => {
        /// What is known about a product besides its ids, all of it optional (Matter Core Specification 11.1.5, 11.4).
        ///
        /// [`product_fields!`](crate::product_fields!) is the table of the fields.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ProductInformation {
            $(#[doc = concat!($description, ".")] pub $field: Option<$type>,)*
        }

        impl ProductInformation {
            /// Nothing.
            pub(crate) const EMPTY: Self = Self { $($field: None,)* };

            /// All fields, in the order of the table.
            pub const FIELDS: &[ProductField] = &[$(ProductField {
                name: $name,
                key: keys::constant($key),
                description: $description,
                group: Group::$group,
                max: <$type as FieldValue>::MAX,
                value: |product| product.$field.as_ref().map(FieldValue::to_value),
                add_text: |product, text| {
                    product.$field = Some(FieldValue::beside(text.parse()?, product.$field.take()));
                    Ok(())
                },
                set_number: |product, number| {
                    product.$field = FieldValue::from_number(number);
                    product.$field.is_some()
                },
            },)*];

            /// Takes over what another one has, for the fields that this one has not.
            #[must_use]
            pub fn or(&self, other: &Self) -> Self {
                Self {
                    $($field: self.$field.clone().or_else(|| other.$field.clone()),)*
                }
            }
        }
    };
}
product_fields!(define);

impl ProductInformation {
    /// Finds the field that is stored under a key of the namespace `chip-factory`.
    #[must_use]
    pub fn field(key: &Key) -> Option<&'static ProductField> {
        Self::FIELDS.iter().find(|field| field.key == *key)
    }

    /// Hands over what a group of fields stores.
    pub(crate) fn visit<E>(
        &self,
        group: Group,
        mut put: impl FnMut(&Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for field in Self::FIELDS.iter().filter(|field| field.group == group) {
            if let Some(value) = field.value(self) {
                put(&field.key, value)?;
            }
        }
        Ok(())
    }
}
