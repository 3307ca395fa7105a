# Databricks notebook source
# MAGIC %md
# MAGIC # Promote
# MAGIC
# MAGIC Puts the candidate of an environment in use, with the commit that trained it, the AUC that
# MAGIC **evaluate** found, and the time. Fails, and changes nothing, if the candidate has not been
# MAGIC evaluated or another commit has trained it.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC |---|---|
# MAGIC | `data_folder`, `environment` | where the models lie, see **prepare_data** |
# MAGIC | `commit` | commit that must have trained the candidate; empty: any |

# COMMAND ----------

import json
import os

import model_store
import scoring

# COMMAND ----------

dbutils.widgets.text("data_folder", scoring.default_folder(), "Data folder")
dbutils.widgets.text("environment", "dev", "Environment")
dbutils.widgets.text("commit", "", "Commit")

folder = os.path.join(dbutils.widgets.get("data_folder"), dbutils.widgets.get("environment"))

# COMMAND ----------

before = model_store.read_model_in_use(folder)
promoted = model_store.put_in_use(folder, dbutils.widgets.get("commit"))

if before is None:
    print(f"The first model in use: commit {promoted.commit}, AUC {promoted.auc:.4f}")
else:
    print(f"In use: commit {promoted.commit}, AUC {promoted.auc:.4f}")
    print(f"Before: commit {before.commit}, AUC {before.auc:.4f}, since {before.promoted_at}")

# COMMAND ----------

dbutils.notebook.exit(
    json.dumps(
        {
            "model_in_use": promoted.commit,
            "auc": round(promoted.auc, 4),
            "promoted_at": promoted.promoted_at,
            "replaced": "none" if before is None else before.commit,
        }
    )
)
