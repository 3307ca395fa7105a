"""Runs one Databricks notebook of the local workspace in this process. Standard library only."""
