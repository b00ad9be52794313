//! The product fields that the firmware reads from NVS: one table row for each.

use core::fmt::Debug;
use core::str::FromStr;

use esp_nvs_image::{Key, Value};

use crate::text::{HardwareVersionString, PartNumber, ProductLabel, ProductName, ProductUrl, SerialNumber, VendorName};
use crate::{CalendarTypes, Error, HardwareVersion, ManufacturingDate, ProductColor, ProductFinish, keys};

/// The table of the fields of [`ProductInformation`]: calls a macro with all rows.
///
/// A row is `field: Type = Group "key", "name", "value", "description";`. The key is the NVS key, the group determines
/// its position among other keys, the name is used in options, JSON members and documents, and `value` is the
/// placeholder for its value there. Single texts come first, lists of texts after them.
///
/// The rows determine the fields of [`ProductInformation`], what is encoded, decoded and audited, the allowed columns
/// of values, and the options of `matter-mfg`. A test compares `docs/` with the table.
#[macro_export]
macro_rules! product_fields {
    ($callback:ident) => {
        $callback! {
            texts {
                vendor_name: VendorName = Vendor "vendor-name", "vendor-name", "TEXT", "Vendor's name, 1 to 32 bytes";
                product_name: ProductName = Product "product-name", "product-name", "TEXT", "Product's name, 1 to 32 bytes";
                hardware_version: HardwareVersion = Product "hardware-ver", "hw-ver", "N", "Hardware version, 0 to 65535";
                hardware_version_string: HardwareVersionString = Product "hw-ver-str", "hw-ver-str", "TEXT",
                    "Hardware version as text, 1 to 64 bytes";
                manufacturing_date: ManufacturingDate = Product "mfg-date", "mfg-date", "DATE",
                    "Day of manufacture: YYYYMMDD or YYYY-MM-DD, optionally followed by vendor-specific characters, up to 16 characters in total";
                product_finish: ProductFinish = Unit "product-finish", "product-finish", "NAME",
                    "Finish of the surface: other, matte, satin, polished, rugged or fabric";
                product_color: ProductColor = Unit "product-color", "product-color", "NAME",
                    "Color: black, navy, green, teal, maroon, purple, olive, gray, blue, lime, aqua, red, fuchsia, yellow, white, nickel, chrome, brass, copper, silver or gold";
                part_number: PartNumber = Unit "part-number", "part-number", "TEXT", "Part number, 1 to 32 bytes";
                serial_number: SerialNumber = Unit "serial-num", "serial-num", "TEXT",
                    "Serial number of a single device, 1 to 32 bytes [default: 32 random hexadecimal digits]";
                product_label: ProductLabel = Last "product-label", "product-label", "TEXT", "Product's label, 1 to 64 bytes";
                product_url: ProductUrl = Last "product-url", "product-url", "URL",
                    "URL of product information, 1 to 256 bytes";
            }
            lists {
                calendar_types: CalendarTypes = Calendars "cal-types", "calendar-types", "NAME",
                    "Calendars: Buddhist, Chinese, Coptic, Ethiopian, Gregorian, Hebrew, Indian, Islamic, Japanese, Korean, Persian, Taiwanese";
            }
        }
    };
}

/// The position of a field among other keys, in the order of the reference tool.
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

/// The type of a field, stored in NVS as a text or as a u32.
pub(crate) trait FieldValue: Clone + Debug + FromStr<Err = Error> {
    /// The largest number; `None` for a text.
    const MAX: Option<u32> = None;

    fn to_value(&self) -> Value<'_>;

    /// Combines a value with an earlier one; only a list keeps the earlier one.
    #[must_use]
    fn beside(self, _earlier: Option<Self>) -> Self {
        self
    }

    /// Accepts 0 to MAX.
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

    /// Returns the NVS key, such as `hardware-ver`; it is also the name of columns of values.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the description of the field, with its limits.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Returns the largest number of a field stored as a u32; `None` for a text.
    #[must_use]
    pub const fn max(&self) -> Option<u32> {
        self.max
    }

    /// Returns the stored value.
    #[must_use]
    pub fn value<'p>(&self, product: &'p ProductInformation) -> Option<Value<'p>> {
        (self.value)(product)
    }

    /// Sets the field from text: a name, if its values have names, or digits. A name of a list is added to earlier
    /// ones.
    ///
    /// # Errors
    ///
    /// The error of the field's type, such as [`Error::TextLength`].
    pub fn add_text(&self, product: &mut ProductInformation, text: &str) -> Result<(), Error> {
        (self.add_text)(product, text)
    }

    /// Sets the field to a stored number.
    ///
    /// # Errors
    ///
    /// [`Error::NumberOutOfRange`] for a number above [`ProductField::max`], [`Error::WrongType`] for a text field.
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
        /// Optional information about a product besides its ids (Matter Core Specification 11.1.5, 11.4).
        ///
        /// [`product_fields!`](crate::product_fields!) is the table of the fields.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ProductInformation {
            $(#[doc = concat!($description, ".")] pub $field: Option<$type>,)*
        }

        impl ProductInformation {
            /// No fields set.
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

            /// Takes the fields of another product information where this one has none.
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
    /// Returns the field stored under a key of the namespace `chip-factory`.
    #[must_use]
    pub fn field(key: &Key) -> Option<&'static ProductField> {
        Self::FIELDS.iter().find(|field| field.key == *key)
    }

    /// Passes the stored values of a group of fields to a function.
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
