//! The real models, through the public API. Needs the installed assets: `cargo xtask test` sets `WAYFARE_ASSETS`.

#[cfg(test)]
mod assets;
#[cfg(test)]
mod encoder;
#[cfg(test)]
mod files;
#[cfg(test)]
mod generator;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod salience;
#[cfg(test)]
mod tuning;
