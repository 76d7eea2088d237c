//! The decoder on tiny random models that the tests write themselves, against a plain reference forward.

#[cfg(test)]
mod batching;
#[cfg(test)]
mod chat_template;
#[cfg(test)]
mod families;
#[cfg(test)]
mod files;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tiny_model;
#[cfg(test)]
mod tiny_tokenizer;
