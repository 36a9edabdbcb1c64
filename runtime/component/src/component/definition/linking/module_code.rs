//! The functions of a core module, as far as it takes to follow calls.

use alloc::vec::Vec;
use core::ops::Range;

use wasmparser::{
    BinaryReader, CompositeInnerType, ConstExpr, ElementItems, ElementKind, ExternalKind,
    FunctionBody, Operator, Parser, Payload, SubType, TableInit, TypeRef, ValType,
};

/// The functions of a valid core module.
#[derive(Debug, Default)]
pub(super) struct ModuleCode<'b> {
    bytes: &'b [u8],
    /// The imported functions: the module and the name of each.
    imports: Vec<(&'b str, &'b str)>,
    /// The functions that it exports.
    exports: Vec<(&'b str, u32)>,
    /// The places of the bodies of its own functions.
    bodies: Vec<Range<usize>>,
    /// The functions that a reference can point to, if no reference comes from outside.
    referenced: Vec<u32>,
    /// `true` if references may come from outside, or leave the module.
    is_open: bool,
}

/// The functions that a function may call.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The functions that it calls by index.
    pub(super) direct: Vec<u32>,
    /// `true` if it also calls references.
    pub(super) has_indirect: bool,
}

impl<'b> ModuleCode<'b> {
    /// Reads a module. Returns `None` if it can't be read.
    pub(super) fn read(bytes: &'b [u8]) -> Option<Self> {
        let mut code = Self { bytes, ..Self::default() };
        for payload in Parser::new(0).parse_all(bytes) {
            code.payload(payload.ok()?)?;
        }
        Some(code)
    }

    fn payload(&mut self, payload: Payload<'b>) -> Option<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.ok()?;
                    match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                            self.imports.push((import.module, import.name));
                        }
                        TypeRef::Table(_) => self.is_open = true,
                        TypeRef::Global(global) => {
                            self.is_open |= global.content_type.is_reference_type();
                        }
                        TypeRef::Memory(_) | TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            self.exports.push((export.name, export.index));
                            self.referenced.push(export.index);
                        }
                        ExternalKind::Table => self.is_open = true,
                        ExternalKind::Global | ExternalKind::Memory | ExternalKind::Tag => {}
                    }
                }
            }
            // References can pass through functions with such types, and through tags.
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group.ok()?.into_types() {
                        self.is_open |= may_pass_references(&ty);
                    }
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.ok()?;
                    self.is_open |= global.ty.content_type.is_reference_type();
                    self.constant(&global.init_expr)?;
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    if let TableInit::Expr(init) = table.ok()?.init {
                        self.constant(&init)?;
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.ok()?;
                    if let ElementKind::Active { offset_expr, .. } = &element.kind {
                        self.constant(offset_expr)?;
                    }
                    match element.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.referenced.push(function.ok()?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.constant(&expression.ok()?)?;
                            }
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let start = usize::try_from(range.start).ok()?;
                self.bodies.push(start..usize::try_from(range.end).ok()?);
            }
            _ => {}
        }
        Some(())
    }

    /// Adds the functions that a constant refers to.
    fn constant(&mut self, expression: &ConstExpr<'_>) -> Option<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator.ok()? {
                self.referenced.push(function_index);
            }
        }
        Some(())
    }

    /// Returns the function that is exported by this name.
    pub(super) fn export(&self, name: &str) -> Option<u32> {
        self.exports.iter().find(|(export, _)| *export == name).map(|(_, index)| *index)
    }

    /// Returns the import that a function is, if it is one.
    pub(super) fn import(&self, function: u32) -> Option<(&'b str, &'b str)> {
        self.imports.get(usize::try_from(function).ok()?).copied()
    }

    /// Returns the functions that an indirect call may reach. Returns `None` if it may reach
    /// others, too.
    pub(super) fn referenced(&self) -> Option<&[u32]> {
        (!self.is_open).then_some(&*self.referenced)
    }

    /// Returns the size of the body of one of the module's own functions.
    pub(super) fn size(&self, function: u32) -> Option<usize> {
        Some(self.body(function)?.len())
    }

    fn body(&self, function: u32) -> Option<&'b [u8]> {
        let own = usize::try_from(function).ok()?.checked_sub(self.imports.len())?;
        self.bytes.get(self.bodies.get(own)?.clone())
    }

    /// Returns the functions that one of the module's own functions may call.
    pub(super) fn calls(&self, function: u32) -> Option<Calls> {
        let body = FunctionBody::new(BinaryReader::new(self.body(function)?, 0));
        let mut calls = Calls::default();
        for operator in body.get_operators_reader().ok()? {
            match operator.ok()? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    calls.direct.push(function_index);
                }
                Operator::CallIndirect { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::CallRef { .. }
                | Operator::ReturnCallRef { .. }
                | Operator::Resume { .. }
                | Operator::ResumeThrow { .. }
                | Operator::Switch { .. } => calls.has_indirect = true,
                _ => {}
            }
        }
        Some(calls)
    }
}

/// Returns `true` if an item of this type may pass references.
fn may_pass_references(ty: &SubType) -> bool {
    match &ty.composite_type.inner {
        CompositeInnerType::Func(function) => {
            function.params().iter().chain(function.results()).any(ValType::is_reference_type)
        }
        _ => true,
    }
}
