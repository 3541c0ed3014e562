"""The one list of actions, written by hand: menus, palette, shortcuts and the shell are made from it."""

from __future__ import annotations

from app.actions.action import ActionEntry, entry_of
from app.actions.batches import do_steps
from app.actions.conflicts import resolve
from app.actions.counts import freeze_baseline, headline
from app.actions.enrolling import enrol
from app.actions.evidence import add_evidence
from app.actions.exports import export_records
from app.actions.freezing import withdraw_frozen
from app.actions.grids import make_grid
from app.actions.history import history, redo, seal, undo
from app.actions.imports import import_records
from app.actions.lookback import draw_lookback, rounds
from app.actions.map_picture import save_picture
from app.actions.patrols import record_patrol
from app.actions.people import add_user, change_pin, disable_user, reset_pin, sign_in, unlock_keys
from app.actions.places import locate
from app.actions.records import add_record, delete_record, edit_record, list_records, show_record
from app.actions.redaction import redact
from app.actions.reports import make_report
from app.actions.salvaging import salvage
from app.actions.shapes import check_topology, save_shapes
from app.actions.sharing import share
from app.actions.sheets import print_sheet
from app.actions.steps import do_step
from app.actions.sticks import bundle_in, bundle_out, verify_bundle
from app.actions.syncing import prove, sync
from app.actions.upkeep import backup, check, info, restore, set_setting, verify_journal

ACTIONS: tuple[ActionEntry, ...] = tuple(
    entry_of(function)
    for function in (
        import_records,
        export_records,
        share,
        print_sheet,
        save_picture,
        make_report,
        undo,
        redo,
        list_records,
        show_record,
        add_record,
        edit_record,
        delete_record,
        record_patrol,
        do_step,
        do_steps,
        add_evidence,
        redact,
        history,
        headline,
        freeze_baseline,
        withdraw_frozen,
        draw_lookback,
        rounds,
        make_grid,
        locate,
        save_shapes,
        check_topology,
        sync,
        prove,
        resolve,
        enrol,
        bundle_out,
        bundle_in,
        verify_bundle,
        sign_in,
        change_pin,
        unlock_keys,
        add_user,
        reset_pin,
        disable_user,
        set_setting,
        seal,
        info,
        check,
        backup,
        restore,
        salvage,
        verify_journal,
    )
)
