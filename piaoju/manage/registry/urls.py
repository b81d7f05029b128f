"""Addresses of the registry's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from piaoju.manage.registry import bill_types, grants, imports, items, licenses, onboarding, quality, regions, stops, units

urlpatterns: list[URLPattern] = [
    path("units", units.units, name="manage-units"),
    path("units/new", units.register, name="manage-unit-register"),
    path("units/<str:code>", units.unit, name="manage-unit"),
    path("units/<str:code>/change", units.change, name="manage-unit-change"),
    path("units/<str:code>/end", units.end, name="manage-unit-end"),
    path("units/<str:code>/points", units.register_point, name="manage-unit-point"),
    path("units/<str:code>/points/<str:point>/end", units.end_point, name="manage-unit-point-end"),
    path("units/<str:code>/licenses", licenses.register, name="manage-unit-license"),
    path("units/<str:code>/licenses/<int:number>/end", licenses.end, name="manage-unit-license-end"),
    path("units/<str:code>/onboarding", onboarding.unit_onboarding, name="manage-unit-onboarding"),
    path("units/<str:code>/onboarding/<str:stage>/<str:verb>", onboarding.step, name="manage-unit-step"),
    path("onboarding", onboarding.onboarding, name="manage-onboarding"),
    path("authorizations", grants.authorizations, name="manage-authorizations"),
    path("authorizations/new", grants.grant, name="manage-authorization-grant"),
    path("authorizations/end", grants.end, name="manage-authorizations-end"),
    path("imports", imports.imports, name="manage-imports"),
    path("imports/new", imports.upload, name="manage-import-upload"),
    path("imports/template", imports.template, name="manage-import-template"),
    path("imports/<int:number>", imports.preview, name="manage-import"),
    path("imports/<int:number>/file", imports.annotated, name="manage-import-file"),
    path("bill-types", bill_types.bill_types, name="manage-bill-types"),
    path("bill-types/propose", bill_types.propose, name="manage-bill-type-propose"),
    path("proposals", bill_types.proposals, name="manage-proposals"),
    path("proposals/<int:number>", bill_types.proposal, name="manage-proposal"),
    path("items", items.items, name="manage-items"),
    path("items/new", items.register, name="manage-item-register"),
    path("items/<str:code>/standard", items.standard, name="manage-item-standard"),
    path("regions", regions.regions, name="manage-regions"),
    path("regions/local", regions.local, name="manage-region-local"),
    path("regions/<str:code>/move", regions.move, name="manage-region-move"),
    path("suspensions", stops.suspensions, name="manage-suspensions"),
    path("suspensions/new", stops.suspend, name="manage-suspend"),
    path("suspensions/lift", stops.lift, name="manage-suspension-lift"),
    path("quality", quality.quality, name="manage-quality"),
    path("quality/<str:key>", quality.rule, name="manage-quality-rule"),
]
