"""Composition: the one place where ports get their adapters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy import Engine

from api.app import create_app
from dashboards.influx import InfluxSink
from dashboards.projection import Projection
from ingest.decode import decode
from ingest.folder import FolderSource
from ingest.mqtt import MqttPublisher, MqttSettings, MqttSource
from rules.model import PERIODS, Series
from rules.parameters import Catalogue
from tolich.clock import RealClock
from tolich.lock import writer_lock
from tolich.metrics import metrics_text
from tolich.outbox import Outbox
from tolich.packs import load_catalogue, load_regulations
from tolich.pipeline import Pipeline, Taking
from tolich.ports import EVERYTHING, Clock, Registered, Scope, Source
from tolich.settings import Mqtt, Settings
from tolich.store.database import migrate, open_engine, sqlite_url
from tolich.store.reads import StoreReads
from tolich.store.record import StoreRecord
from tolich.store.registry import enter, read_register, series_keys
from tolich.writer import Writer
from tolich.yamlfile import read_yaml
