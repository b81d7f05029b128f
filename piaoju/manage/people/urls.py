"""The addresses of people and rights, below /manage/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from piaoju.manage.people import deciding, enrolling, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("people", pages.people, name="manage-people"),
    path("people/new", enrolling.enrol, name="manage-person-enrol"),
    path("people/<str:username>", pages.person, name="manage-person"),
    path("people/<str:username>/appoint", enrolling.request_appointment, name="manage-person-appoint"),
    path("people/<str:username>/suspend", deciding.suspend, name="manage-person-suspend"),
    path("people/<str:username>/restore", deciding.restore, name="manage-person-restore"),
    path("people/<str:username>/password", deciding.reset_password, name="manage-person-password"),
    path("people/<str:username>/factor", deciding.reset_factor, name="manage-person-factor"),
    path("people/<str:username>/end-sessions", deciding.end_sessions, name="manage-person-end-sessions"),
    path("people/<str:username>/ukey", deciding.bind_ukey, name="manage-person-ukey"),
    path("appointments", pages.appointments, name="manage-appointments"),
    path("appointments/<int:number>", deciding.appointment, name="manage-appointment"),
    path("ukeys", pages.bound_ukeys, name="manage-ukeys"),
    path("ukeys/<str:serial>/revoke", deciding.revoke_ukey, name="manage-ukey-revoke"),
    path("sessions", pages.sessions, name="manage-sessions"),
    path("audit", pages.audit, name="manage-audit"),
]
