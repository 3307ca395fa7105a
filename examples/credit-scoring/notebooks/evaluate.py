# Databricks notebook source
# MAGIC %md
# MAGIC # Evaluate
# MAGIC
# MAGIC Scores the hold-out with the candidate and with the model that the environment has in use.
# MAGIC `better` in the result says whether the candidate beats it, so that a pipeline can decide about
# MAGIC the promotion. Without a model in use every candidate is better.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC |---|---|
# MAGIC | `data_folder`, `environment` | where the data and the models lie, see **prepare_data** |
# MAGIC | `source_schema` | which version of the lending system's export to read |

# COMMAND ----------

import json
import os

import model_store
import scoring

# COMMAND ----------

dbutils.widgets.text("data_folder", scoring.default_folder(), "Data folder")
dbutils.widgets.text("environment", "dev", "Environment")
dbutils.widgets.dropdown("source_schema", "2024", ["2024", "2025"], "Source schema")

folder = os.path.join(dbutils.widgets.get("data_folder"), dbutils.widgets.get("environment"))
source_schema = dbutils.widgets.get("source_schema")

# COMMAND ----------

candidate = model_store.read_candidate(folder)
in_use = model_store.read_model_in_use(folder)

holdout = scoring.read_applications(scoring.data_file(folder, "holdout", source_schema))
targets = scoring.labels(holdout)

# COMMAND ----------

# MAGIC %md ## Score the hold-out

# COMMAND ----------

scores = [candidate.model.score(application) for application in holdout]
auc = scoring.area_under_curve(scores, targets)
accuracy = scoring.accuracy(scores, targets)
model_store.note_evaluation(folder, candidate, auc)
print(f"Candidate: AUC {auc:.4f}, accuracy {accuracy:.4f} on {len(holdout)} applications")

if in_use is None:
    auc_in_use = None
    print("No model is in use yet")
else:
    scores_in_use = [in_use.model.score(application) for application in holdout]
    auc_in_use = scoring.area_under_curve(scores_in_use, targets)
    print(f"Model in use, of commit {in_use.commit}: AUC {auc_in_use:.4f}")

# COMMAND ----------

dbutils.notebook.exit(
    json.dumps(
        {
            "auc": round(auc, 4),
            "accuracy": round(accuracy, 4),
            "auc_in_use": "none" if auc_in_use is None else round(auc_in_use, 4),
            "better": auc_in_use is None or auc > auc_in_use,
            "commit": candidate.commit,
        }
    )
)
