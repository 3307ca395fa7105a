# Databricks notebook source
# MAGIC %md
# MAGIC # Integration test
# MAGIC
# MAGIC Runs the other notebooks one after the other on a small data set in a folder of its own, and
# MAGIC checks what they return and leave behind. Fails with the list of the checks that failed.

# COMMAND ----------

import json
import os
import shutil
import uuid

import model_store
import scoring

# COMMAND ----------

dbutils.widgets.text("data_folder", scoring.default_folder(), "Data folder")
dbutils.widgets.text("minimum_auc", "0.7", "Minimum AUC")

data_folder = os.path.join(dbutils.widgets.get("data_folder"), f"test-{uuid.uuid4().hex[:8]}")
minimum_auc = float(dbutils.widgets.get("minimum_auc"))

passed, failed = [], []


def check(what, is_true):
    """Notes the outcome of one check."""
    print(f"{'ok    ' if is_true else 'FAILED'} {what}")
    (passed if is_true else failed).append(what)


def run(notebook, **parameters):
    """Runs a notebook on the test's data and returns its result."""
    arguments = {"data_folder": data_folder, "environment": "test", **parameters}
    return json.loads(dbutils.notebook.run(f"./{notebook}", 600, arguments))

# COMMAND ----------

# MAGIC %md ## Prepare, train, evaluate, promote

# COMMAND ----------

test_folder = os.path.join(data_folder, "test")


def is_refused(notebook, **parameters):
    """True when a notebook fails, as it should."""
    try:
        run(notebook, **parameters)
    except Exception as error:
        print(f"       {notebook} was refused: {type(error).__name__}")
        return True
    return False


try:
    prepared = run("prepare_data", rows="240", seed="11")
    check("the data has the rows that were asked for", prepared["rows"] == 240)

    trained = run("train", rows="240", epochs="40", commit="first")
    candidate = model_store.read_candidate(test_folder)
    check("the candidate knows its commit", candidate.commit == "first")
    check("a candidate without evaluation is refused", is_refused("promote", commit="first"))

    evaluated = run("evaluate")
    check(f"the AUC is at least {minimum_auc}", evaluated["auc"] >= minimum_auc)
    check("the first model is better than none", evaluated["better"] is True)
    check("nothing is in use before the promotion", not model_store.read_model_in_use(test_folder))

    check("another commit's candidate is refused", is_refused("promote", commit="other"))
    promoted = run("promote", commit="first")
    check("the promoted model is in use", promoted["model_in_use"] == "first")

    again = run("train", rows="240", epochs="40", commit="second")
    check("training again gives the same model", again["auc"] == trained["auc"])
    check("the same model is not better", run("evaluate")["better"] is False)
    in_use = model_store.read_model_in_use(test_folder)
    check("the model in use stays in use", in_use.commit == "first")
finally:
    shutil.rmtree(data_folder, ignore_errors=True)

# COMMAND ----------

# MAGIC %md ## Result

# COMMAND ----------

assert not failed, f"{len(failed)} checks failed: {'; '.join(failed)}"

dbutils.notebook.exit(json.dumps({"passed": len(passed), "auc": evaluated["auc"]}))
