# Databricks notebook source
# MAGIC %md
# MAGIC # Train
# MAGIC
# MAGIC Fits a logistic regression to the prepared loan applications and stores it as the candidate of
# MAGIC its environment. Prepares the data first if there is none. The model in use stays in use: see
# MAGIC **evaluate** and **promote**.
# MAGIC
# MAGIC | parameter | meaning |
# MAGIC |---|---|
# MAGIC | `data_folder`, `environment` | where the data lies and the model goes, see **prepare_data** |
# MAGIC | `commit` | commit of this notebook, which the model remembers |
# MAGIC | `rows` | applications to train on, at most |
# MAGIC | `learning_rate`, `epochs` | of the gradient descent |
# MAGIC | `source_schema` | which version of the lending system's export to read |

# COMMAND ----------

import json
import os

import model_store
import scoring

# COMMAND ----------

dbutils.widgets.text("data_folder", scoring.default_folder(), "Data folder")
dbutils.widgets.text("environment", "dev", "Environment")
dbutils.widgets.text("commit", "", "Commit")
dbutils.widgets.text("rows", "400", "Rows")
dbutils.widgets.text("learning_rate", "0.5", "Learning rate")
dbutils.widgets.text("epochs", "60", "Epochs")
dbutils.widgets.dropdown("source_schema", "2024", ["2024", "2025"], "Source schema")

data_folder = dbutils.widgets.get("data_folder")
environment = dbutils.widgets.get("environment")
commit = dbutils.widgets.get("commit")
rows = int(dbutils.widgets.get("rows"))
learning_rate = float(dbutils.widgets.get("learning_rate"))
epochs = int(dbutils.widgets.get("epochs"))
source_schema = dbutils.widgets.get("source_schema")

folder = os.path.join(data_folder, environment)

# COMMAND ----------

# MAGIC %md ## Read the applications

# COMMAND ----------

training_file = scoring.data_file(folder, "training", source_schema)
if not os.path.exists(training_file):
    print(f"No data in {training_file}: preparing it")
    dbutils.notebook.run(
        "./prepare_data",
        600,
        {
            "data_folder": data_folder,
            "environment": environment,
            "rows": str(rows),
            "source_schema": source_schema,
        },
    )

applications = scoring.read_applications(training_file)[:rows]
print(f"Training on {len(applications)} applications of the {source_schema} export")

# COMMAND ----------

# MAGIC %md ## Fit and store the candidate

# COMMAND ----------

model = scoring.fit(applications, learning_rate, epochs)

scores = [model.score(application) for application in applications]
auc = scoring.area_under_curve(scores, scoring.labels(applications))

model_store.store_candidate(folder, model, commit)

for feature, weight in zip(scoring.FEATURES, model.weights):
    print(f"{feature:>18} {weight:+.3f}")
print(f"AUC on the training data: {auc:.4f}")

# COMMAND ----------

dbutils.notebook.exit(
    json.dumps(
        {
            "auc": round(auc, 4),
            "rows": len(applications),
            "epochs": epochs,
            "environment": environment,
            "commit": commit,
        }
    )
)
