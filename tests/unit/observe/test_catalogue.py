from headrace.observe.catalogue import CATALOGUE, Kind


def test_names_follow_prometheus():
    for declaration in CATALOGUE.values():
        assert declaration.name.startswith("headrace_")
        assert declaration.name.endswith("_total") == (declaration.kind is Kind.COUNTER)
        assert bool(declaration.bounds) == (declaration.kind is Kind.HISTOGRAM)


def test_offers_what_dashboards_of_kafka_streams_show():
    assert {
        "headrace_source_lag_records",
        "headrace_process_records_total",
        "headrace_process_seconds",
        "headrace_dropped_records_total",
        "headrace_e2e_seconds",
        "headrace_commit_seconds",
        "headrace_restore_remaining_records",
        "headrace_restore_records_total",
        "headrace_rebalance_seconds",
        "headrace_store_open_iterators",
    } <= set(CATALOGUE)
