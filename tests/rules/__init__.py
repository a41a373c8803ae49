"""Tests of the law and the judgement."""
