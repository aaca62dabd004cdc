//! The template engine, set up so that YAML cannot be broken by accident.
//!
//! minijinja prints `True` for true and `None` for nothing, and knows JSON and HTML but not YAML. Here truth values and
//! numbers print as YAML, lists and mappings have to say how (`toyaml`), and every string is marked where it is printed, for
//! [`super::text`] to see that it stays one value.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, OutputSpanKind, State, UndefinedBehavior, Value};

use super::context::Context;
use super::text::{self, END, START};
use super::{TEMPLATE_ERROR, TEMPLATE_OUTPUT};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::pack::{self, Packs};
use crate::source::{Origin, Source, Span, Spanned};
use crate::yaml::{self, Node};

/// What one template may use, in units of the engine: about one for each instruction and each byte printed.
const FUEL: u64 = 20_000_000;

/// All templates of a project, compiled.
pub struct Templates {
    engine: Environment<'static>,
    sources: BTreeMap<String, Arc<Source>>,
}

impl Templates {
    /// Compiles the templates of all packs. Those with syntax errors are left out of the first result and explained in the
    /// second.
    #[must_use]
    pub fn compile(packs: &Packs) -> (Self, Vec<Diagnostic>) {
        let mut engine = Environment::new();
        if let Ok(syntax) =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
        {
            engine.set_syntax(syntax);
        }
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        // What macros and blocks capture is structure, not data: with escaping on, the engine marks it as safe.
        engine.set_auto_escape_callback(|_| AutoEscape::Custom("yaml".into()));
        engine.set_formatter(print);
        engine.set_debug(true);
        engine.set_fuel(Some(FUEL));
        engine.add_filter("toyaml", to_yaml);
        engine.add_filter("quote", |value: &Value| Value::from_safe_string(text::quoted(&value.to_string())));
        let mut templates = Self { engine, sources: BTreeMap::new() };
        let mut diagnostics = Vec::new();
        let packages =
            packs.packs.iter().flat_map(|(name, pack)| pack.templates().map(move |file| (name.as_str(), file)));
        let shared = packs.built_in_repository.iter().chain(&packs.own_repository);
        let shared = shared.map(|(file, source)| (pack::REPOSITORY, (file.as_str(), source)));
        for (directory, (file, source)) in packages.chain(shared) {
            if is_template(file) {
                diagnostics.extend(templates.add(&format!("{directory}/{file}"), source));
            }
        }
        (templates, diagnostics)
    }

    fn add(&mut self, name: &str, source: &Arc<Source>) -> Option<Diagnostic> {
        if let Some(offset) = source.text().find([START, END]) {
            let span = Span::new(source, offset, offset + START.len_utf8());
            let message = "the template contains U+E000 or U+E001, which idpack uses itself";
            return Some(Diagnostic::new(&TEMPLATE_ERROR, &span, message).help("remove the character"));
        }
        // Line endings do not reach the output; line and column of what is found in the template stay.
        let source = &if source.text().contains('\r') {
            Source::new(source.name(), source.text().replace("\r\n", "\n"))
        } else {
            Arc::clone(source)
        };
        self.sources.insert(name.to_owned(), Arc::clone(source));
        match self.engine.add_template_owned(name.to_owned(), source.text().to_owned()) {
            Ok(()) => None,
            Err(error) => Some(self.explain(&error, &Span::new(source, 0, 0), None)),
        }
    }

    /// Renders a template into a file called `shown`.
    ///
    /// # Errors
    ///
    /// Explains what the template or the values do wrong.
    pub(super) fn render(&self, name: &str, shown: String, context: &Context) -> Result<Arc<Source>, Vec<Diagnostic>> {
        let Some(source) = self.sources.get(name) else { return Ok(Source::new(shown, "")) };
        // One that does not compile was explained then.
        let Ok(template) = self.engine.get_template(name) else { return Err(Vec::new()) };
        let (marked, spans) = match template.render_with_spans(context.value.clone()) {
            Ok(rendered) => rendered,
            Err(error) => return Err(vec![self.explain(&error, &Span::new(source, 0, 0), Some(context))]),
        };
        let is_yaml = [".yaml.j2", ".yml.j2"].iter().any(|extension| name.ends_with(extension));
        let settled = if is_yaml { text::settle(&marked) } else { text::strip(&marked) };
        let mut origins: Vec<Origin> = Vec::new();
        for span in &spans {
            let range = settled.position(span.output_range().start)..settled.position(span.output_range().end);
            let template = self.sources.get(span.name()).unwrap_or(source);
            let written = Span::new(template, span.source_range().start, span.source_range().end);
            let value = settled.text.get(range.clone()).unwrap_or_default();
            if span.kind() == OutputSpanKind::Raw {
                text::line_origins(value, range.start, &written, &mut origins);
            } else {
                let span = context.origin(written.text(), value).unwrap_or(&written).clone();
                origins.push(text::origin(range, span));
            }
        }
        let file = Source::generated(shown, settled.text.clone(), origins);
        let faults = if is_yaml { settled.faults(&file) } else { Vec::new() };
        let faults = faults.into_iter().map(|(range, reason)| {
            let span = Span::new(&file, range.start, range.end);
            let finding = Diagnostic::new(&TEMPLATE_OUTPUT, &span, reason).help(
                "print it unquoted and alone behind `key:` or `-`, where idpack quotes it, or use the filter `quote`",
            );
            match spans.iter().find(|span| settled.position(span.output_range().end) >= range.end) {
                Some(expression) => {
                    let template = self.sources.get(expression.name()).unwrap_or(source);
                    let written = expression.source_range();
                    finding.related(&Span::new(template, written.start, written.end), "printed by this expression")
                }
                None => finding,
            }
        });
        let faults: Vec<Diagnostic> = faults.collect();
        if has_errors(&faults) { Err(faults) } else { Ok(file) }
    }

    /// Expands a short template that stands in a description, such as a chart version.
    ///
    /// # Errors
    ///
    /// Explains what is wrong with it.
    pub(super) fn expand(&self, template: &Spanned<String>, context: &Context) -> Result<Spanned<String>, Diagnostic> {
        match self.engine.render_str(&template.value, context.value.clone()) {
            Ok(marked) => {
                let text = text::strip(&marked).text;
                let expression = template.value.trim_start_matches("{{");
                let span = context.origin(expression, &text).unwrap_or(&template.span).clone();
                Ok(Spanned::new(text, span))
            }
            Err(error) => {
                let message = format!("{}: `{}`", describe(&error, &template.value), template.value);
                Err(Diagnostic::new(&TEMPLATE_ERROR, &template.span, message))
            }
        }
    }

    /// Turns an error of the engine into a finding at the template, with the descriptor key involved.
    fn explain(&self, error: &Error, fallback: &Span, context: Option<&Context>) -> Diagnostic {
        let source = error.name().and_then(|name| self.sources.get(name)).unwrap_or(fallback.source());
        let span = match (error.range(), error.line()) {
            (Some(range), _) => Span::new(source, range.start, range.end),
            (None, Some(line)) => line_span(source, line),
            (None, None) => fallback.clone(),
        };
        let mut cause = error;
        while let Some(inner) = std::error::Error::source(cause).and_then(|source| source.downcast_ref::<Error>()) {
            cause = inner;
        }
        let finding = Diagnostic::new(&TEMPLATE_ERROR, &span, describe(cause, span.text()));
        let finding = match context.and_then(|context| context.origin(span.text(), span.text())) {
            Some(origin) => finding.related(origin, "the value comes from here"),
            None => finding,
        };
        match cause.kind() {
            ErrorKind::UndefinedError => finding
                .help("templates see `environment`, `cluster`, `vcluster`, `package` and `values`; what may be absent is printed with `default(…)` or asked for with `is defined`"),
            ErrorKind::UnknownFilter => finding.help("beside the filters of minijinja there are `toyaml` and `quote`"),
            _ => finding,
        }
    }
}

/// Tells whether a file of a pack is rendered; other files are copied.
pub(super) fn is_template(file: &str) -> bool {
    file.strip_suffix(".j2").is_some()
}

fn describe(error: &Error, expression: &str) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::UndefinedError, _) => format!("`{}` is not defined", expression.trim()),
        (ErrorKind::OutOfFuel, _) => "the template does not come to an end, or prints far too much".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

fn line_span(source: &Arc<Source>, line: usize) -> Span {
    let start = source.text().split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let length = source.text()[start..].lines().next().map_or(0, str::len);
    Span::new(source, start, start + length)
}

/// Prints a value: scalars as YAML reads them back, strings between marks.
fn print(output: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    let refuse = |message: String| Err(Error::new(ErrorKind::InvalidOperation, message));
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Ok(output.write_str("null")?),
        ValueKind::Bool => Ok(output.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::Number => Ok(output.write_str(&number(value))?),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            if value.is_safe() {
                Ok(output.write_str(text)?)
            } else if text.contains([START, END]) {
                refuse("a value contains U+E000 or U+E001, which idpack uses itself".to_owned())
            } else {
                Ok(write!(output, "{START}{text}{END}")?)
            }
        }
        kind => refuse(format!("a {kind} has no text form; write `| toyaml(indent=…)`")),
    }
}

/// Writes a number as YAML does; the engine prints large floating point numbers without an exponent.
fn number(value: &Value) -> String {
    if value.is_integer() {
        value.to_string()
    } else {
        f64::try_from(value.clone()).map_or_else(|_| value.to_string(), |number| format!("{number:?}"))
    }
}

/// The filter `toyaml`: a value as YAML in block style; `indent` sets off all lines but the first.
#[expect(clippy::needless_pass_by_value, reason = "the signature that the engine asks for")]
fn to_yaml(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: usize = options.get::<Option<usize>>("indent")?.unwrap_or(0);
    options.assert_all_used()?;
    let refuse = |reason: String| Error::new(ErrorKind::InvalidOperation, reason);
    let data = serde_yaml::to_value(value).map_err(|error| refuse(error.to_string()))?;
    let span = Span::whole(&Source::new("toyaml", ""));
    let node = Node::from_value(&data, &span).map_err(|error| refuse(error.to_string()))?;
    let text = yaml::write(&node);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Value::from_safe_string(text.replace('\n', &format!("\n{}", " ".repeat(indent.min(200))))))
}
