# Databricks notebook source
# MAGIC %md
# MAGIC # Evaluate
# MAGIC
# MAGIC Scores the hold-out with the stored model. `better` in the result says whether the model beats
# MAGIC the one that is in use, so that a pipeline can decide about the promotion.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC |---|---|
# MAGIC | `data_folder`, `environment` | where the data and the model lie, see **prepare_data** |
# MAGIC | `source_schema` | which version of the lending system's export to read |
# MAGIC | `auc_in_use` | what the model in use reaches on the hold-out |

# COMMAND ----------

import json
import os

import scoring

# COMMAND ----------

dbutils.widgets.text("data_folder", scoring.default_folder(), "Data folder")
dbutils.widgets.text("environment", "dev", "Environment")
dbutils.widgets.dropdown("source_schema", "2024", ["2024", "2025"], "Source schema")
dbutils.widgets.text("auc_in_use", "0.75", "AUC of the model in use")

folder = os.path.join(dbutils.widgets.get("data_folder"), dbutils.widgets.get("environment"))
source_schema = dbutils.widgets.get("source_schema")
auc_in_use = float(dbutils.widgets.get("auc_in_use"))

# COMMAND ----------

model_file = os.path.join(folder, "model.json")
if not os.path.exists(model_file):
    raise FileNotFoundError(f"There is no model in {model_file}: run the notebook train first")

model = scoring.load_model(model_file)
holdout = scoring.read_applications(scoring.data_file(folder, "holdout", source_schema))

# COMMAND ----------

targets = scoring.labels(holdout)
scores = [model.score(application) for application in holdout]
auc = scoring.area_under_curve(scores, targets)
accuracy = scoring.accuracy(scores, targets)

print(f"Hold-out of {len(holdout)} applications: AUC {auc:.4f}, accuracy {accuracy:.4f}")
print(f"The model in use reaches an AUC of {auc_in_use:.4f}")

# COMMAND ----------

dbutils.notebook.exit(
    json.dumps(
        {
            "auc": round(auc, 4),
            "accuracy": round(accuracy, 4),
            "better": "true" if auc > auc_in_use else "false",
        }
    )
)
