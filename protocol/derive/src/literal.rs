//! Numbers that stand in the source as such, so that they can be checked and documented before constants are known.

use syn::{BinOp, Expr, Lit, UnOp};

/// The number that an expression plainly is, as `0.5` or `1.0 / 256.0`; `None` where a constant has a part in it.
pub(crate) fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse::<f64>().ok(),
            Lit::Float(float) => float.base10_parse::<f64>().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|value| -value),
        Expr::Binary(binary) => {
            let (left, right) = (number(&binary.left)?, number(&binary.right)?);
            match binary.op {
                BinOp::Add(_) => Some(left + right),
                BinOp::Sub(_) => Some(left - right),
                BinOp::Mul(_) => Some(left * right),
                // Whole numbers divide otherwise.
                BinOp::Div(_) if left.fract() != 0.0 || is_float(&binary.left) => Some(left / right),
                _ => None,
            }
        }
        Expr::Paren(paren) => number(&paren.expr),
        Expr::Group(group) => number(&group.expr),
        _ => None,
    }
}

/// Whether a literal is written as a float.
fn is_float(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(lit) => matches!(lit.lit, Lit::Float(_)),
        Expr::Unary(unary) => is_float(&unary.expr),
        Expr::Paren(paren) => is_float(&paren.expr),
        Expr::Group(group) => is_float(&group.expr),
        Expr::Binary(binary) => is_float(&binary.left),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_calculations_are_numbers_and_constants_are_not() {
        let of = |text: &str| number(&syn::parse_str(text).unwrap());
        assert_eq!(of("-2.5"), Some(-2.5));
        assert_eq!(of("1.0 / 256.0"), Some(0.00390625));
        assert_eq!(of("0.01 / (2 * 15) as f64"), None);
        assert_eq!(of("7 / 2"), None);
        assert_eq!(of("(1 << 3)"), None);
        assert_eq!(of("2.0 * SIZE"), None);
    }
}
