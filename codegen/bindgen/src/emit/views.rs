//! Hosts that are views: values that borrow several parts of a store's data, and references to
//! hosts.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::functions::{Group, parameter_names};
use crate::emit::generator::{Generator, Place};
use crate::emit::hosts::Hosts;
use crate::emit::modules::ModuleId;
use crate::emit::names::Scope;
use crate::emit::references::Lifetime;
use crate::options::fields::StoreMode;

impl<'w> Generator<'w> {
    /// Returns `true` if a view can be the host of a place: no function gets the store.
    pub(crate) fn can_be_view(&self, place: &Place<'w>, groups: &[Group<'w>]) -> bool {
        let mut functions = groups.iter().flat_map(|group| &group.functions);
        functions.all(|(function, _)| self.mode(place, function).store == StoreMode::None)
    }

    /// Adds implementations of each trait of a place for references to its implementations.
    pub(crate) fn references_to_hosts(
        &mut self,
        place: &Place<'w>,
        groups: &[Group<'w>],
        hosts: &Hosts,
    ) {
        let here = place.module;
        let generic = self.modules.scope(here).claim_type("h");
        for (number, group) in groups.iter().enumerate() {
            let Some(name) = hosts.groups.get(number).and_then(Option::as_ref) else { continue };
            if group.owner.is_none() && group.functions.is_empty() {
                // It is implemented for every type that implements the traits it combines.
                continue;
            }
            let mut methods = Vec::new();
            for (function, method) in &group.functions {
                let names = parameter_names(function, &mut Scope::default());
                let mut parameters = Vec::new();
                for (parameter, name) in function.params.iter().zip(&names) {
                    let ty = self.value(function, parameter.ty, here, Lifetime::Elided);
                    parameters.push(quote!(#name: #ty));
                }
                let mode = self.mode(place, function);
                let returned = self.returned(function, mode.returns, here, Lifetime::Static);
                methods.push(quote! {
                    fn #method(&mut self, #(#parameters),*) -> #returned {
                        <#generic as #name>::#method(self, #(#names),*)
                    }
                });
            }
            let drop = hosts.drops.get(number).and_then(Option::as_ref);
            let resource = group.owner.and_then(|(_, id)| self.path(id, here));
            let drop = drop.zip(resource).map(|(drop, resource)| {
                let own = self.modules.binding(here, "OwnHandle");
                let arrow = drop.traps.then(|| self.or_host_error(here));
                let drop = &drop.name;
                quote! {
                    fn #drop(&mut self, self_: #own<#resource>) #arrow {
                        <#generic as #name>::#drop(self, self_)
                    }
                }
            });
            self.modules.add(
                here,
                quote!(impl<#generic: #name> #name for &mut #generic { #(#methods)* #drop }),
            );
        }
    }

    /// Returns the function that adds all items of a place to a linker, for a host that is a view.
    pub(crate) fn adding_views(
        &mut self,
        place: &Place<'w>,
        host: Option<&Ident>,
        inner: &[ModuleId],
        items: &[TokenStream],
    ) -> TokenStream {
        let here = place.module;
        let mut scope = self.modules.scope(here);
        let (engine, data, view) =
            (scope.claim_type("e"), scope.claim_type("t"), scope.claim_type("v"));
        let core_engine = self.modules.binding(here, "CoreEngine");
        let linker = self.modules.binding(here, "Linker");
        let host_view = self.modules.binding(here, "HostView");
        let name = self.interface_name(place);
        let adds = Ident::new("add_views_to_linker", proc_macro2::Span::call_site());
        let inner: Vec<_> = inner
            .iter()
            .map(|module| self.modules.path(here, *module, &adds))
            .map(|adds| quote!(#adds::<#engine, #data, #view>(linker);))
            .collect();
        let items = (!items.is_empty()).then(|| {
            let interface = self.modules.binding(here, "Interface");
            quote! {
                let mut interface = #interface::of_views::<#view>(linker, #name);
                #(#items)*
            }
        });
        let bound = host.map(|host| quote!(where for<'a> #view::Host<'a>: #host,));
        let title = format!(" Adds {} to a linker, for a host that is a view.", place.title);
        let visibility = self.visibility(here);
        quote! {
            #[doc = #title]
            #visibility fn #adds<#engine: #core_engine, #data: 'static, #view: #host_view<#data>>(
                linker: &mut #linker<#engine, #data>,
            )
            #bound
            {
                #(#inner)*
                #items
            }
        }
    }
}
