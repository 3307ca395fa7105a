# Databricks notebook source
# MAGIC %md
# MAGIC # Prepare data
# MAGIC
# MAGIC Writes loan applications as two CSV files: one to train on, and a hold-out of a quarter of its
# MAGIC size. The applications are made up, but the same `seed` gives the same ones everywhere.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC |---|---|
# MAGIC | `data_folder` | where the files go; in production a volume, e.g. `/Volumes/main/credit/scoring` |
# MAGIC | `environment` | `dev`, `staging`, `prod`: a folder of its own below `data_folder` |
# MAGIC | `rows` | applications to train on |
# MAGIC | `seed` | seed of the random numbers |
# MAGIC | `source_schema` | version of the lending system's export: `2024`, or `2025` with a renamed column |

# COMMAND ----------

import json
import os

import scoring

# COMMAND ----------

dbutils.widgets.text("data_folder", scoring.default_folder(), "Data folder")
dbutils.widgets.text("environment", "dev", "Environment")
dbutils.widgets.text("rows", "400", "Rows")
dbutils.widgets.text("seed", "7", "Seed")
dbutils.widgets.dropdown("source_schema", "2024", ["2024", "2025"], "Source schema")

folder = os.path.join(dbutils.widgets.get("data_folder"), dbutils.widgets.get("environment"))
rows = int(dbutils.widgets.get("rows"))
seed = int(dbutils.widgets.get("seed"))
source_schema = dbutils.widgets.get("source_schema")

# COMMAND ----------

# MAGIC %md ## Write both parts

# COMMAND ----------

training = scoring.generate_applications(rows, seed, source_schema)
holdout = scoring.generate_applications(max(rows // 4, 50), seed + 1, source_schema)

scoring.write_applications(scoring.data_file(folder, "training", source_schema), training)
scoring.write_applications(scoring.data_file(folder, "holdout", source_schema), holdout)

default_rate = sum(scoring.labels(training)) / len(training)
print(f"{len(training)} applications to train on, {len(holdout)} held out, in {folder}")
print(f"{default_rate:.1%} of the loans defaulted")

# COMMAND ----------

dbutils.notebook.exit(
    json.dumps(
        {
            "rows": len(training),
            "holdout_rows": len(holdout),
            "default_rate": round(default_rate, 4),
            "folder": folder,
        }
    )
)
